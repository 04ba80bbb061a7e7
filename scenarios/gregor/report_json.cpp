#include "scenarios/gregor/report_json.h"

#include <nlohmann/json.hpp>

namespace gregor::scenarios {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Violation& violation) {
    return {{"invariant", violation.invariant},
            {"message", violation.message},
            {"at_ns", violation.at.time_since_epoch().count()}};
}

Violation violation_of(const Json& json) {
    return {json.value("invariant", ""), json.value("message", ""),
            Instant(Duration(json.value("at_ns", std::int64_t{0})))};
}

}  // namespace

std::string to_json(const RunReport& report) {
    Json json;
    json["scenario"] = report.scenario;
    json["seed"] = report.seed;
    json["verdict"] = name(report.verdict);
    if (report.violation) json["violation"] = json_of(*report.violation);
    Json muted = Json::array();
    for (const auto& [id, each] : report.muted) {
        muted.push_back({{"first", json_of(each.first)}, {"times", each.times}});
    }
    json["muted"] = muted;
    if (!report.shortfall.empty()) json["shortfall"] = report.shortfall;
    json["digest"] = {report.digest.high, report.digest.low};
    json["digest_events"] = report.digest_events;
    json["counts"] = report.counts;
    Json faults = Json::object();
    for (std::size_t i = 0; i < simulated::kFaultKinds; ++i) {
        const auto kind = static_cast<simulated::FaultKind>(i);
        if (report.faults.count(kind) > 0) faults[name(kind)] = report.faults.count(kind);
    }
    json["faults"] = faults;
    Json enabled = Json::array();
    for (const simulated::FaultKind kind : report.enabled_faults) enabled.push_back(name(kind));
    json["enabled_faults"] = enabled;
    json["probes"] = report.probes;
    json["simulated_ns"] = report.simulated.count();
    json["cpu_ns"] = report.cpu.count();
    return json.dump();
}

Result<RunReport, std::string> parse_report(std::string_view line) {
    const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object() || !json.contains("verdict")) return fail(std::string("not a report"));
    RunReport report;
    report.scenario = json.value("scenario", "");
    report.seed = json.value("seed", std::uint64_t{0});
    for (const Verdict verdict : {Verdict::pass, Verdict::violated, Verdict::vacuous,
                                  Verdict::muted, Verdict::nondeterministic}) {
        if (json.at("verdict") == name(verdict)) report.verdict = verdict;
    }
    if (json.contains("violation")) report.violation = violation_of(json.at("violation"));
    for (const Json& each : json.at("muted")) {
        Violation first = violation_of(each.at("first"));
        const std::string id = first.invariant;
        report.muted.emplace(id, Muted{std::move(first), each.value("times", std::uint64_t{0})});
    }
    report.shortfall = json.value("shortfall", "");
    report.digest = {json.at("digest").at(0).get<std::uint64_t>(),
                     json.at("digest").at(1).get<std::uint64_t>()};
    report.digest_events = json.value("digest_events", std::uint64_t{0});
    for (const auto& [key, value] : json.at("counts").items()) report.counts[key] = value;
    for (const auto& [key, value] : json.at("faults").items()) {
        const auto kind = simulated::find_fault_kind(key);
        if (!kind) return fail("unknown fault kind " + key);
        for (auto left = value.get<std::uint64_t>(); left > 0; --left) report.faults.fired(*kind);
    }
    for (const auto& kind : json.at("enabled_faults")) {
        if (const auto found = simulated::find_fault_kind(kind.get<std::string>())) {
            report.enabled_faults.push_back(*found);
        }
    }
    for (const auto& [key, value] : json.at("probes").items()) report.probes[key] = value;
    report.simulated = Duration(json.value("simulated_ns", std::int64_t{0}));
    report.cpu = Duration(json.value("cpu_ns", std::int64_t{0}));
    return report;
}

}  // namespace gregor::scenarios
