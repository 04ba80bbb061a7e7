#include "broker/server/handlers/delete_records.h"

#include "broker/metadata/image.h"
#include "broker/protocol/messages/list_offsets.h"
#include "broker/replication/replica_manager.h"
#include "broker/server/handlers/partition_errors.h"

namespace gregor::server {

using protocol::DeleteRecordsRequest;
using protocol::DeleteRecordsResponse;

void handle_delete_records(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    const auto message = decode_or_close<DeleteRecordsRequest>(request, reply);
    if (!message) return;
    const auto image = context.image();
    DeleteRecordsResponse response;
    for (const DeleteRecordsRequest::Topic& topic : message->topics) {
        DeleteRecordsResponse::Topic& answers = response.topics.emplace_back();
        answers.name = topic.name;
        for (const DeleteRecordsRequest::Partition& partition : topic.partitions) {
            DeleteRecordsResponse::Partition& answer = answers.partitions.emplace_back();
            answer.partition_index = partition.partition_index;
            const replication::DeletedRecords deleted = context.replicas().delete_records(
                {topic.name, partition.partition_index.value()}, partition.offset);
            answer.error_code =
                refine_error(deleted.error, *image, topic.name, partition.partition_index);
            answer.low_watermark = deleted.low_watermark.value();
        }
    }
    reply.send(response);
}

}  // namespace gregor::server
