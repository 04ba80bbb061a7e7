#include "broker/protocol/fields.h"

#include <algorithm>
#include <iterator>

namespace gregor::protocol {

UnknownTags::UnknownTags(const UnknownTags& other)
    : tags_(other.empty() ? nullptr : std::make_unique<std::vector<UnknownTag>>(*other.tags_)) {}

void UnknownTags::add(UnknownTag tag) {
    if (tags_ == nullptr) tags_ = std::make_unique<std::vector<UnknownTag>>();
    tags_->push_back(std::move(tag));
}

bool operator==(const UnknownTags& a, const UnknownTags& b) {
    return std::ranges::equal(a.tags(), b.tags());
}

Fields::Fields(const void* defaults, std::ptrdiff_t unknown_tags, std::vector<Field> fields)
    : defaults_(defaults), unknown_tags_(unknown_tags), fields_(std::move(fields)) {
    std::ranges::copy_if(fields_, std::back_inserter(tagged_), &Field::is_tagged);
    std::ranges::sort(tagged_, {}, &Field::tag);
    CHECK(tagged_.size() <= 64, "more tagged fields than the encoder's bits");
}

const UnknownTags* Fields::unknown_tags(const void* object) const {
    if (unknown_tags_ == kNone) return nullptr;
    return reinterpret_cast<const UnknownTags*>(static_cast<const std::byte*>(object) +
                                                unknown_tags_);
}

UnknownTags* Fields::unknown_tags(void* object) const {
    return const_cast<UnknownTags*>(unknown_tags(static_cast<const void*>(object)));
}

}  // namespace gregor::protocol
