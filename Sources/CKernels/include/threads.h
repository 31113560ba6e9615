// Words that threads share, and sleeping until one of them changes.
#ifndef CKERNELS_THREADS_H
#define CKERNELS_THREADS_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__linux__)
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

/// What one thread wrote before it stored a word, another sees after it loaded the word; all agree on one order.
static inline int32_t ck_load(const int32_t *_Nonnull word) { return __atomic_load_n(word, __ATOMIC_SEQ_CST); }
static inline void ck_store(int32_t *_Nonnull word, int32_t value) { __atomic_store_n(word, value, __ATOMIC_SEQ_CST); }

/// Adds and returns the value before.
static inline int32_t ck_add(int32_t *_Nonnull word, int32_t value) {
  return __atomic_fetch_add(word, value, __ATOMIC_SEQ_CST);
}

/// Makes a 0 a 1; false where it was none.
static inline bool ck_claim(int32_t *_Nonnull word) {
  int32_t expected = 0;
  return __atomic_compare_exchange_n(word, &expected, 1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/// Makes `word` at least `value`.
static inline void ck_raise(int32_t *_Nonnull word, int32_t value) {
  int32_t known = ck_load(word);
  while (known < value) {
    if (__atomic_compare_exchange_n(word, &known, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) return;
  }
}

/// Sleeps while `word` holds `value`; may return early. In wasm only a worker may sleep, and only on shared memory.
///
/// A function of its own, and so are those of `Team` around it: the baseline compiler of V8 11.3 (Node 20) loses what a
/// loop keeps in a register across an atomic wait.
static __attribute__((noinline, unused)) void ck_sleep(int32_t *_Nonnull word, int32_t value) {
#if defined(__wasm__)
  __builtin_wasm_memory_atomic_wait32(word, value, -1);
#elif defined(__linux__)
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
#else
  (void)word, (void)value;
#endif
}

/// Wakes all who sleep on `word`.
static inline void ck_wake(int32_t *_Nonnull word) {
#if defined(__wasm__)
  __builtin_wasm_memory_atomic_notify(word, UINT32_MAX);
#elif defined(__linux__)
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
#else
  (void)word;
#endif
}

/// The size of the memory as this thread knows it, in pages of wasm. Another thread may have let it grow already:
/// engines tell a thread of that a moment later, and until then trap where it uses atomics on what is new.
static inline int32_t ck_memoryPages(void) {
#if defined(__wasm__)
  return (int32_t)__builtin_wasm_memory_size(0);
#else
  return 0;
#endif
}

/// Tells the processor that this thread waits for another.
static inline void ck_pause(void) {
#if defined(__SSE2__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/// Lets another thread have this processor, where the host has a way to say so.
static inline void ck_yield(void) {
#if defined(__linux__)
  sched_yield();
#endif
}

#endif
