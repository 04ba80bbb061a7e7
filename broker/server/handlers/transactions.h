// What a transactional producer asks its coordinator: AddPartitionsToTxn (24), AddOffsetsToTxn
// (25), EndTxn (26); what it asks a group's coordinator: TxnOffsetCommit (28); and what
// coordinators ask leaders: WriteTxnMarkers (27).
#pragma once

#include "broker/server/handler_context.h"

namespace gregor::server {

/// Version 4 and up: transactions in batches, from brokers that verify or add partitions (KIP-890).
void handle_add_partitions_to_txn(HandlerContext& context, const rpc::Request& request,
                                  rpc::Reply reply);
/// The group's partition of __consumer_offsets joins the transaction.
void handle_add_offsets_to_txn(HandlerContext& context, const rpc::Request& request,
                               rpc::Reply reply);
void handle_end_txn(HandlerContext& context, const rpc::Request& request, rpc::Reply reply);
/// TxnOffsetCommit (28): a group's offsets, in the producer's transaction. Asked of the group's
/// coordinator, which asks that of the transaction first (KIP-890).
void handle_txn_offset_commit(HandlerContext& context, const rpc::Request& request,
                              rpc::Reply reply);
void handle_write_txn_markers(HandlerContext& context, const rpc::Request& request,
                              rpc::Reply reply);

}  // namespace gregor::server
