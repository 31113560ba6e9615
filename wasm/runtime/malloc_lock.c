// WASI's malloc knows no threads. Workers of ours have no need of it, but what Swift makes of a loop's body may, so
// each of its functions waits for the one lock. On memory that is not shared nobody ever waits.
#include <stddef.h>

static int lock;

static void take(void) {
  while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE)) {
  }
}

static void give(void) { __atomic_store_n(&lock, 0, __ATOMIC_RELEASE); }

void *__real_malloc(size_t bytes);
void __real_free(void *memory);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *memory, size_t bytes);
int __real_posix_memalign(void **memory, size_t alignment, size_t bytes);
void *__real_aligned_alloc(size_t alignment, size_t bytes);

void *__wrap_malloc(size_t bytes) {
  take();
  void *memory = __real_malloc(bytes);
  give();
  return memory;
}

void __wrap_free(void *memory) {
  take();
  __real_free(memory);
  give();
}

void *__wrap_calloc(size_t count, size_t bytes) {
  take();
  void *memory = __real_calloc(count, bytes);
  give();
  return memory;
}

void *__wrap_realloc(void *memory, size_t bytes) {
  take();
  void *moved = __real_realloc(memory, bytes);
  give();
  return moved;
}

int __wrap_posix_memalign(void **memory, size_t alignment, size_t bytes) {
  take();
  int status = __real_posix_memalign(memory, alignment, bytes);
  give();
  return status;
}

void *__wrap_aligned_alloc(size_t alignment, size_t bytes) {
  take();
  void *memory = __real_aligned_alloc(alignment, bytes);
  give();
  return memory;
}
