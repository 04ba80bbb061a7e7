#include "broker/coordinator/consumer/topic_regex.h"

#include <re2/re2.h>

namespace gregor::coordinator {

Result<TopicRegex, std::string> TopicRegex::parse(const std::string& pattern) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    auto regex = std::make_shared<const re2::RE2>(pattern, options);
    if (!regex->ok()) return fail(regex->error());
    return TopicRegex(std::move(regex));
}

bool TopicRegex::matches(std::string_view topic) const {
    return re2::RE2::FullMatch(re2::StringPiece(topic.data(), topic.size()), *regex_);
}

std::set<std::string> TopicRegex::matching(const metadata::MetadataImage& image) const {
    std::set<std::string> topics;
    for (const auto& [topic, id] : image.topic_ids()) {
        if (matches(topic)) topics.insert(topic);
    }
    return topics;
}

}  // namespace gregor::coordinator
