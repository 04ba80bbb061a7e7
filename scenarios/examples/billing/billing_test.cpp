// Billing is exactly once, whatever happens to its brokers and to itself. Careless billing is not.
#include "billing.h"
#include "scenarios/testing/pipeline_test.h"

using gregor::testing::Instance;
using gregor::testing::PipelineTest;

namespace {

using Program = void (*)(gregor::Runtime&, const BillingOptions&, const std::function<bool()>&);

PipelineTest test_of(std::string name, Program program) {
    return {.name = std::move(name),
            .input = "orders",
            .output = "invoices",
            .program = [program](Instance& instance) {
                program(instance.runtime(),
                        {.bootstrap_servers = instance.bootstrap_servers(),
                         .transactional_id = fmt::format("billing-{}", instance.number())},
                        [&] { return instance.is_stopping(); });
            }};
}

}  // namespace

int main(int argc, char** argv) {
    return gregor::testing::run(
        {test_of("billing", run_billing), test_of("careless-billing", run_careless_billing)}, argc,
        argv);
}
