// Billing: an invoice for each order, once. Reads the topic "orders", writes "invoices", each pair
// in one transaction with the offsets it came from.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "sim/runtime/runtime.h"

struct BillingOptions {
    std::string bootstrap_servers;
    /// The same in each process of this instance, and in no other's.
    std::string transactional_id;
};

/// Works until `should_stop` says so, or until it cannot go on: then it is to be called again.
void run_billing(gregor::Runtime& runtime, const BillingOptions& options,
                 const std::function<bool()>& should_stop);

/// The same without transactions: offsets are committed once the invoices are delivered. Who dies
/// in between has its orders billed again.
void run_careless_billing(gregor::Runtime& runtime, const BillingOptions& options,
                          const std::function<bool()>& should_stop);
