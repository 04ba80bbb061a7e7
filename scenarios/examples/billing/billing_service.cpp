// Billing in production: billing_service BOOTSTRAP_SERVERS INSTANCE, until SIGTERM.
#include <csignal>
#include <cstdio>

#include "billing.h"
#include "sim/real/real_runtime.h"
#include "sim/real/signal_watch.h"

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: billing_service host:port,… INSTANCE\n");
        return 2;
    }
    gregor::real::RealMachine machine;
    gregor::real::RealRuntime runtime(machine, {.name = "billing"});
    bool is_stopping = false;
    const gregor::real::SignalWatch signals(machine.poller(), {SIGTERM, SIGINT},
                                            [&](int) { is_stopping = true; });
    machine.run([&] {
        while (!is_stopping) {
            run_billing(runtime,
                        {.bootstrap_servers = argv[1],
                         .transactional_id = std::string("billing-") + argv[2]},
                        [&] { return is_stopping; });
            if (!is_stopping) runtime.clock().sleep_for(std::chrono::seconds(1));
        }
    });
}
