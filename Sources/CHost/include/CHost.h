// Files, the clock and the terminal, for Linux (glibc) and WASI preview 1 (wasi-libc): where the two differ.
// Functions that open something answer a descriptor, or a negated errno.
#ifndef CHOST_H
#define CHOST_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#ifdef __wasi__
#include <wasi/api.h>
#else
#include <sys/mman.h>
#endif

static const int ch_no_such_file = -ENOENT;
static const int ch_permission = -EACCES;

/// Whether an open failed because WASI's host gave no directory that the path is in.
static inline int ch_is_outside(int status) {
#ifdef __wasi__
  return status == -ENOTCAPABLE || status == -EPERM;
#else
  return 0;
#endif
}

static inline int ch_open_to_read(const char *_Nonnull path) {
  int file = open(path, O_RDONLY);
  return file < 0 ? -errno : file;
}

static inline int ch_open_to_write(const char *_Nonnull path) {
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  return file < 0 ? -errno : file;
}

static inline void ch_close(int file) { close(file); }

static inline int64_t ch_size(int file) {
  struct stat status;
  return fstat(file, &status) < 0 ? -errno : (int64_t)status.st_size;
}

enum { ch_nothing = 0, ch_file = 1, ch_directory = 2 };

/// What is at a path. A pipe counts as a file.
static inline int ch_kind(const char *_Nonnull path) {
  struct stat status;
  if (stat(path, &status) < 0) return ch_nothing;
  return S_ISDIR(status.st_mode) ? ch_directory : ch_file;
}

/// The bytes read, fewer at the end of the file, or a negated errno.
static inline int64_t ch_read_at(int file, void *_Nonnull target, size_t count, int64_t offset) {
  ssize_t got = pread(file, target, count, (off_t)offset);
  return got < 0 ? -errno : (int64_t)got;
}

static inline int64_t ch_write(int file, const void *_Nonnull bytes, size_t count) {
  ssize_t put = write(file, bytes, count);
  return put < 0 ? -errno : (int64_t)put;
}

/// The whole file in memory, or NULL where the host cannot.
static inline const void *_Nullable ch_map(int file, size_t count) {
#ifdef __wasi__
  return NULL;
#else
  void *memory = mmap(NULL, count, PROT_READ, MAP_PRIVATE, file, 0);
  return memory == MAP_FAILED ? NULL : memory;
#endif
}

static inline void ch_unmap(const void *_Nonnull memory, size_t count) {
#ifndef __wasi__
  munmap((void *)memory, count);
#endif
}

static inline int ch_make_directory(const char *_Nonnull path) { return mkdir(path, 0777) < 0 ? -errno : 0; }

static inline void *_Nullable ch_open_directory(const char *_Nonnull path) { return opendir(path); }

/// The next name, or NULL after the last one.
static inline const char *_Nullable ch_next_entry(void *_Nonnull directory) {
  struct dirent *entry = readdir((DIR *)directory);
  return entry ? entry->d_name : NULL;
}

static inline void ch_close_directory(void *_Nonnull directory) { closedir((DIR *)directory); }

static inline int ch_is_terminal(int file) { return isatty(file); }

/// Milliseconds since a fixed moment.
static inline double ch_milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

#ifdef __wasi__
/// The command line, which Embedded Swift does not know; never given back.
static inline char *_Nullable *_Nullable ch_arguments(void) {
  size_t count, size;
  if (__wasi_args_sizes_get(&count, &size) != 0) return NULL;
  char **arguments = (char **)calloc(count + 1, sizeof(char *));
  char *text = (char *)malloc(size ? size : 1);
  if (!arguments || !text || __wasi_args_get((uint8_t **)arguments, (uint8_t *)text) != 0) return NULL;
  return arguments;
}
#endif

#endif
