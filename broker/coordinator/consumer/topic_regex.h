// TopicRegex: a subscription by regular expression, as the coordinator understands it. The dialect
// is RE2's (Kafka: RE2/J, which is the same): Perl's syntax without look-around and
// back-references, matched in time linear in the name. A topic matches if its whole name does; the
// cluster's internal topics match as others do.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "broker/metadata/image.h"
#include "sim/base/result.h"

namespace re2 {
class RE2;
}

namespace gregor::coordinator {

class TopicRegex {
public:
    /// The text: why it is none.
    [[nodiscard]] static Result<TopicRegex, std::string> parse(const std::string& pattern);

    [[nodiscard]] bool matches(std::string_view topic) const;
    /// Names of the image's topics.
    [[nodiscard]] std::set<std::string> matching(const metadata::MetadataImage& image) const;

private:
    explicit TopicRegex(std::shared_ptr<const re2::RE2> regex) : regex_(std::move(regex)) {}

    std::shared_ptr<const re2::RE2> regex_;
};

}  // namespace gregor::coordinator
