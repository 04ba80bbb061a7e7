#include "sim/real/freed_memory.h"

#include <malloc.h>

namespace gregor::real {

void keep_freed_memory() {
    constexpr int kKept = 8 * 1024 * 1024;
    constexpr int kOwnMapping = 4 * 1024 * 1024;
    ::mallopt(M_TRIM_THRESHOLD, kKept);
    ::mallopt(M_MMAP_THRESHOLD, kOwnMapping);
}

}  // namespace gregor::real
