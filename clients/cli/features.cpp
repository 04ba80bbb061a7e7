// kafka-features.sh: describe, upgrade, downgrade, disable
#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <optional>

#include "clients/cli/command.h"

namespace gregor::cli {
namespace {

constexpr std::string_view kMetadataVersion = "metadata.version";

struct Options {
    std::vector<std::string> features;
    std::string metadata;
    bool unsafe = false;
    bool dry_run = false;
};

struct Release {
    std::string_view version;
    std::int16_t level;
};
/// metadata.version by Kafka's names, each in its place: 3.3-IV0 is level 4.
constexpr Release kReleases[] = {
    {"3.3-IV0", 4},  {"3.3-IV1", 5},  {"3.3-IV2", 6},  {"3.3-IV3", 7},  {"3.4-IV0", 8},
    {"3.5-IV0", 9},  {"3.5-IV1", 10}, {"3.5-IV2", 11}, {"3.6-IV0", 12}, {"3.6-IV1", 13},
    {"3.6-IV2", 14}, {"3.7-IV0", 15}, {"3.7-IV1", 16}, {"3.7-IV2", 17}, {"3.7-IV3", 18},
    {"3.7-IV4", 19}, {"3.8-IV0", 20}, {"3.9-IV0", 21}, {"4.0-IV0", 22}, {"4.0-IV1", 23},
    {"4.0-IV2", 24}, {"4.0-IV3", 25},
};

enum class Verb { upgrade, downgrade, disable };
using Levels = std::map<std::string, std::int16_t>;

std::string level_text(std::string_view feature, std::int16_t level) {
    if (feature != kMetadataVersion) return fmt::format("{}", level);
    const auto it = std::ranges::find(kReleases, level, &Release::level);
    return it == std::end(kReleases) ? fmt::format("UNKNOWN {}", level) : std::string(it->version);
}

int describe(Context& context) {
    auto features = context.admin.describe_features();
    if (!features) return failed("features", features.error());
    std::ranges::sort(features->supported_features, {},
                      [](const auto& feature) { return feature.name; });
    for (const auto& supported : features->supported_features) {
        const auto& all = features->finalized_features;
        const auto finalized = std::ranges::find_if(
            all, [&](const auto& each) { return each.name == supported.name; });
        const std::int16_t level =
            finalized == all.end() ? std::int16_t{0} : finalized->max_version_level;
        const std::int64_t epoch = features->finalized_features_epoch;
        fmt::print(
            "Feature: {}\tSupportedMinVersion: {}\tSupportedMaxVersion: {}\t"
            "FinalizedVersionLevel: {}\tEpoch: {}\n",
            supported.name, level_text(supported.name, supported.min_version),
            level_text(supported.name, supported.max_version), level_text(supported.name, level),
            epoch < 0 ? "-" : fmt::format("{}", epoch));
    }
    return kDone;
}

std::optional<Levels> complain_of(std::string_view what) {
    complain("{}", what);
    return std::nullopt;
}

/// What the flags ask for; complains, and gives nothing, if they make no sense.
std::optional<Levels> wanted_levels(Verb verb, const Options& options) {
    Levels levels;
    if (!options.metadata.empty()) {
        const auto it = std::ranges::find(kReleases, options.metadata, &Release::version);
        if (it == std::end(kReleases)) {
            return complain_of(fmt::format("Unsupported metadata version {}.", options.metadata));
        }
        levels.emplace(kMetadataVersion, it->level);
    }
    for (const std::string& text : options.features) {
        const std::size_t equals = std::min(text.find('='), text.size());
        std::int16_t level = 0;
        if (verb != Verb::disable) {
            if (equals == text.size()) {
                return complain_of(fmt::format(
                    "Can't parse feature=level string {}: equals sign not found.", text));
            }
            const char* const last = text.data() + text.size();
            const auto [end, error] = std::from_chars(text.data() + equals + 1, last, level);
            if (error != std::errc() || end != last) {
                return complain_of(fmt::format(
                    "Can't parse feature=level string {}: unable to parse {} as a short.", text,
                    text.substr(equals + 1)));
            }
        }
        const std::string name = text.substr(0, equals);
        if (!levels.emplace(name, level).second) {
            return complain_of(fmt::format("Feature {} was specified more than once.", name));
        }
    }
    return levels;
}

std::string_view name_of(Verb verb) {
    switch (verb) {
        case Verb::upgrade: return "upgrade";
        case Verb::downgrade: return "downgrade";
        case Verb::disable: break;
    }
    return "disable";
}

std::int8_t upgrade_type(Verb verb, const Options& options) {
    constexpr std::int8_t kUpgrade = 1;
    constexpr std::int8_t kSafeDowngrade = 2;
    constexpr std::int8_t kUnsafeDowngrade = 3;
    if (verb == Verb::upgrade) return kUpgrade;
    return options.unsafe ? kUnsafeDowngrade : kSafeDowngrade;
}

int update(Context& context, Verb verb, const Options& options) {
    const auto levels = wanted_levels(verb, options);
    if (!levels) return kFailed;
    if (levels->empty()) {
        complain("You must specify at least one feature to {}", name_of(verb));
        return kFailed;
    }
    protocol::UpdateFeaturesRequest request{.validate_only = options.dry_run};
    for (const auto& [feature, level] : *levels) {
        request.feature_updates.push_back({.feature = feature,
                                           .max_version_level = level,
                                           .allow_downgrade = verb != Verb::upgrade,
                                           .upgrade_type = upgrade_type(verb, options)});
    }
    const auto updated = context.admin.update_features(request);
    for (const auto& [feature, level] : *levels) {
        const std::string what = verb == Verb::disable
                                     ? fmt::format("disable {}", feature)
                                     : fmt::format("{} {} to {}", name_of(verb), feature, level);
        const std::string done =
            verb == Verb::disable ? "disabled." : fmt::format("{}d to {}.", name_of(verb), level);
        if (updated) {
            fmt::print("{} {} {}\n", feature, options.dry_run ? "can be" : "was", done);
        } else {
            fmt::print("{} {}. {}\n", options.dry_run ? "Can not" : "Could not", what,
                       updated.error().message);
        }
    }
    if (updated) return kDone;
    complain("{} out of {} operation(s) failed.", levels->size(), levels->size());
    return kFailed;
}

void add_update_flags(CLI::App& command, Verb verb, Options& options) {
    command.add_option("--feature", options.features, "feature=level; may stand several times")
        ->allow_extra_args(false);
    command.add_flag("--dry-run", options.dry_run, "check, and change nothing");
    if (verb != Verb::disable) {
        command.add_option("--metadata", options.metadata, "metadata.version, as in 3.9-IV0");
    }
    if (verb != Verb::upgrade) {
        command.add_flag("--unsafe", options.unsafe, "also if metadata may be lost by it");
    }
}

}  // namespace

Action add_features(CLI::App& command) {
    const auto options = std::make_shared<Options>();
    command.require_subcommand(1);
    command.fallthrough();
    command.add_subcommand("describe", "the features, their range and level")->fallthrough();
    std::vector<std::pair<Verb, CLI::App*>> updates;
    for (const Verb verb : {Verb::upgrade, Verb::downgrade, Verb::disable}) {
        CLI::App* added =
            command.add_subcommand(std::string(name_of(verb)), "levels of one or more features");
        added->fallthrough();
        add_update_flags(*added, verb, *options);
        updates.emplace_back(verb, added);
    }
    return [options, updates](Context& context) {
        for (const auto& [verb, subcommand] : updates) {
            if (subcommand->parsed()) return update(context, verb, *options);
        }
        return describe(context);
    };
}

}  // namespace gregor::cli
