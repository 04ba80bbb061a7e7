// The trip-wire: while a simulated world runs on this thread, a call for the real time, real
// entropy or a real thread ends the process, as the run would no longer be a function of its seed.
//
// tripwire.cpp defines clock_gettime and its kin itself, so that in a program that links it our own
// code and the shared libraries (libstdc++'s clocks, OpenSSL) reach these definitions first. Armed,
// they fail as a CHECK does, naming call and caller; else they forward to the C library. What does
// not go through a symbol (the rdrand instruction, a raw syscall) is left to the banned tokens of
// tests/lint.
//
// The world's loop arms it before its first event and disarms it after its last.
#pragma once

namespace gregor {

/// For this thread alone; arming twice is arming once.
void arm_tripwire();
void disarm_tripwire();
[[nodiscard]] bool tripwire_armed();

/// Lets calls of this thread through while it lives: reports and verdicts in the middle of a run.
class TripwireSuspended {
public:
    TripwireSuspended();
    ~TripwireSuspended();
    TripwireSuspended(const TripwireSuspended&) = delete;
    TripwireSuspended& operator=(const TripwireSuspended&) = delete;

private:
    bool was_armed_;
};

}  // namespace gregor
