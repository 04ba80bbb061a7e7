#include "broker/server/handlers/delete_records.h"

#include <algorithm>
#include <utility>

#include "broker/metadata/image.h"
#include "broker/protocol/messages/list_offsets.h"
#include "broker/replication/replica_manager.h"
#include "broker/server/handlers/partition_errors.h"

namespace gregor::server {

using protocol::DeleteRecordsRequest;
using protocol::DeleteRecordsResponse;

void handle_delete_records(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    auto message = decode_or_close<DeleteRecordsRequest>(request, reply);
    if (!message) return;
    replication::DeletionOrder order{
        .timeout = std::chrono::milliseconds(std::max(message->timeout_ms, 0)), .parts = {}};
    for (const DeleteRecordsRequest::Topic& topic : message->topics) {
        for (const DeleteRecordsRequest::Partition& partition : topic.partitions) {
            order.parts.push_back(
                {{topic.name, partition.partition_index.value()}, partition.offset});
        }
    }
    context.replicas().delete_records(
        order, [&context, asked = *std::move(message), reply = std::move(reply)](
                   std::vector<replication::DeletedRecords> outcomes) mutable {
            const auto image = context.image();
            auto outcome = outcomes.begin();
            DeleteRecordsResponse response;
            for (const DeleteRecordsRequest::Topic& topic : asked.topics) {
                DeleteRecordsResponse::Topic& answers = response.topics.emplace_back();
                answers.name = topic.name;
                for (const DeleteRecordsRequest::Partition& partition : topic.partitions) {
                    DeleteRecordsResponse::Partition& answer = answers.partitions.emplace_back();
                    answer.partition_index = partition.partition_index;
                    answer.error_code =
                        refine_error(outcome->error, *image, topic.name, partition.partition_index);
                    answer.low_watermark = outcome->low_watermark.value();
                    ++outcome;
                }
            }
            reply.send(response);
        });
}

}  // namespace gregor::server
