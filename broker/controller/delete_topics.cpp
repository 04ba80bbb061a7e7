#include "broker/controller/delete_topics.h"

#include <map>
#include <set>

namespace gregor::controller {
namespace {

using metadata::MetadataImage;
using metadata::TopicImage;
using protocol::DeleteTopicsRequest;
using protocol::DeleteTopicsResponse;
using Answer = DeleteTopicsResponse::Result;
using Wanted = DeleteTopicsRequest::Topic;

Answer refused(const Wanted& topic, ErrorCode code, std::string_view message) {
    return {.name = topic.name,
            .topic_id = topic.topic_id,
            .error_code = code,
            .error_message = std::string(message)};
}

std::vector<Wanted> wanted_topics(const DeleteTopicsRequest& request) {
    std::vector<Wanted> wanted = request.topics;
    for (const std::string& name : request.topic_names) wanted.push_back({.name = name});
    return wanted;
}

/// The topic, or the answer that refuses it.
Result<const TopicImage*, Answer> find(const MetadataImage& image, const Wanted& topic) {
    const bool by_id = !topic.topic_id.is_zero();
    if (topic.name && by_id) {
        return fail(refused(topic, ErrorCode::invalid_request,
                            "You may not specify both topic name and topic id."));
    }
    if (!topic.name && !by_id) {
        return fail(refused(topic, ErrorCode::invalid_request,
                            "Neither topic name nor id were specified."));
    }
    const TopicImage* found =
        by_id ? image.find_topic(topic.topic_id) : image.find_topic(*topic.name);
    if (found != nullptr) return found;
    if (by_id) {
        return fail(refused(topic, ErrorCode::unknown_topic_id,
                            "This server does not host this topic ID."));
    }
    return fail(refused(topic, ErrorCode::unknown_topic_or_partition,
                        "This server does not host this topic-partition."));
}

}  // namespace

ControllerResult<DeleteTopicsResponse> delete_topics(const MetadataImage& image,
                                                     const ControllerConfig& config,
                                                     const DeleteTopicsRequest& request,
                                                     std::int16_t version) {
    constexpr std::int16_t kFirstWithDeletionDisabled = 3;
    ControllerResult<DeleteTopicsResponse> result{.records = {}, .response = {}, .atomic = true};
    std::vector<Answer>& answers = result.response.responses;
    const std::vector<Wanted> wanted = wanted_topics(request);
    if (!config.delete_topic_enable) {
        const ErrorCode code = version < kFirstWithDeletionDisabled
                                   ? ErrorCode::invalid_request
                                   : ErrorCode::topic_deletion_disabled;
        for (const Wanted& topic : wanted) {
            answers.push_back(refused(topic, code, "Topic deletion is disabled."));
        }
        return result;
    }
    std::map<protocol::TopicId, int> times;
    for (const Wanted& topic : wanted) {
        if (const auto found = find(image, topic)) ++times[(*found)->id];
    }
    std::set<protocol::TopicId> repeated;
    for (const Wanted& topic : wanted) {
        const auto found = find(image, topic);
        if (!found) {
            answers.push_back(found.error());
            continue;
        }
        const protocol::TopicId id = (*found)->id;
        if (times[id] > 1) {
            if (!repeated.insert(id).second) continue;
            answers.push_back(
                refused(topic, ErrorCode::invalid_request,
                        topic.name ? "Duplicate topic name." : "Duplicate topic id."));
            continue;
        }
        result.records.push_back(
            versioned(protocol::RemoveTopicRecord{.topic_id = id}, image.metadata_version()));
        answers.push_back({.name = (*found)->name, .topic_id = id});
    }
    return result;
}

}  // namespace gregor::controller
