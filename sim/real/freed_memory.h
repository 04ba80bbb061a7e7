// What happens to memory that is freed. A broker takes and frees a megabyte for each big request;
// given back to the system each time, it must be touched anew each time, at a page fault and a
// cleared page for every 4 KiB.
#pragma once

namespace gregor::real {

/// Lets the allocator keep up to 8 MiB of free memory for what is asked for next, where it would
/// keep 128 KiB (mallopt(3)). What is larger than 4 MiB still comes from the system and goes back.
void keep_freed_memory();

}  // namespace gregor::real
