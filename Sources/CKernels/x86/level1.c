#include "CKernels.h"

#if defined(__x86_64__)
#define LEVEL 1
#include "floats.inc"
#include "columns.inc"
#include "functions.inc"
#include "entries.inc"
#endif
