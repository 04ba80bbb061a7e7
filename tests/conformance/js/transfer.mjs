// Moves records from one topic to another in transactions, until SIGTERM or until its client fails; as transfer.py
// does, where it is told.
//
//     node transfer.mjs kafkajs|platformatic BROKERS SOURCE TARGET GROUP TRANSACTIONAL_ID
import { createInterface } from 'node:readline'

const BATCH = 5
const ABORTED_EVERY = 3
const STEP_TIMEOUT_MS = 10000
const TRANSACTION_TIMEOUT_MS = 60000

const [client, brokers, source, target, group, transactionalId] = process.argv.slice(2)

const tell = event => process.stdout.write(JSON.stringify(event) + '\n')
const pause = ms => new Promise(resolve => setTimeout(resolve, ms))
let isStopping = false
process.on('SIGTERM', () => { isStopping = true })
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()

// Each gives `deliver` the records of its partitions, in their order, and `fail` what ends it. The producer begins
// before the consumer asks where to go on: neither client asks for stable offsets. kafkajs does not tell its
// generation either, so it has to be alone in its group.
const makers = {
  async kafkajs (deliver, fail) {
    const { default: { Kafka, logLevel } } = await import('kafkajs')
    const kafka = new Kafka({
      clientId: 'transfer',
      brokers: brokers.split(','),
      logLevel: logLevel.NOTHING,
      requestTimeout: 4000,
      retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 30 }
    })
    const producer = kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1, metadataMaxAge: 2000 })
    const consumer = kafka.consumer({
      groupId: group, sessionTimeout: 6000, rebalanceTimeout: 6000, heartbeatInterval: 500, maxWaitTimeInMs: 50,
      metadataMaxAge: 2000
    })
    let transaction
    return {
      async start () {
        await producer.connect()
        const empty = await producer.transaction()
        await empty.abort()
        await consumer.connect()
        await consumer.subscribe({ topic: source, fromBeginning: true })
        consumer.on(consumer.events.CRASH, ({ payload }) => { if (!payload.restart) fail(payload.error) })
        await consumer.run({
          autoCommit: false,
          async eachBatch ({ batch: { partition, messages } }) {
            deliver(messages.map(({ offset, value }) => (
              { partition, offset: BigInt(offset), value: value.toString() })))
          }
        })
      },
      async begin () { transaction = await producer.transaction() },
      // One partition at a time: of a send to two nodes it forgets what the first was to take, if that is lost and the
      // second, which has answered, leads in its place.
      async send (values) {
        for (const messages of Object.values(Object.groupBy(values, each => each.partition))) {
          await transaction.send({ topic: target, acks: -1, messages })
        }
      },
      sendOffsets: records => transaction.sendOffsets({
        consumerGroupId: group,
        topics: [{
          topic: source,
          partitions: records.map(({ partition, offset }) => ({ partition, offset: String(offset + 1n) }))
        }]
      }),
      commit: () => transaction.commit(),
      abort: () => transaction.abort()
    }
  },

  async platformatic (deliver, fail) {
    const {
      Consumer, FetchIsolationLevels, MessagesStreamModes, Producer, stringDeserializers, stringSerializers
    } = await import('@platformatic/kafka')
    // It asks once who coordinates its transactions and its group, and keeps to that node for as many retries, each of
    // which connects as many times. Two, since fewer are taken for an idempotent producer's default: without end.
    const settings = {
      clientId: 'transfer', bootstrapBrokers: brokers.split(','), metadataMaxAge: 500, retries: 2, retryDelay: 200
    }
    const producer = new Producer({
      ...settings, serializers: stringSerializers, autocreateTopics: false, idempotent: true, transactionalId,
      timeout: TRANSACTION_TIMEOUT_MS
    })
    const consumer = new Consumer({
      ...settings, groupId: group, deserializers: stringDeserializers, sessionTimeout: 6000, rebalanceTimeout: 6000,
      heartbeatInterval: 500, maxWaitTime: 50, isolationLevel: FetchIsolationLevels.READ_COMMITTED
    })
    let transaction
    return {
      async start () {
        // Its own default claims to be producer 0, and is fenced.
        const empty = await producer.beginTransaction({ producerId: -1n, producerEpoch: -1 })
        await empty.cancel()
        const stream = await consumer.consume({
          topics: [source], mode: MessagesStreamModes.COMMITTED, fallbackMode: 'earliest', autocommit: false
        })
        consumer.on('error', fail)
        stream.on('error', fail)
        stream.on('data', message => deliver([message]))
      },
      async begin () { transaction = await producer.beginTransaction() },
      send: values => transaction.send({ messages: values.map(each => ({ topic: target, ...each })), acks: -1 }),
      async sendOffsets (records) {
        await transaction.addConsumer(consumer)
        // Of two at once, the second is taken for the first.
        for (const record of records) await transaction.addOffset(record)
      },
      commit: () => transaction.commit(),
      abort: () => transaction.abort()
    }
  }
}

const waiting = []
const next = new Map() // by partition: what comes before is waiting or done. A rebalance brings some of it again.
function deliver (records) {
  for (const record of records) {
    if (record.offset < (next.get(record.partition) ?? 0n)) continue
    next.set(record.partition, record.offset + 1n)
    waiting.push(record)
  }
}

const reason = error => error.errors?.length > 0 ? reason(error.errors.at(-1)) : error.message

// Without a farewell to the group: in kafkajs's the event loop may never turn again, once a node is lost.
function fail (error) {
  tell({ failed: reason(error) })
  process.exit(isStopping ? 0 : 1)
}
process.on('uncaughtException', fail)

let worker

/** Of the worker; either client may leave a promise pending when it has lost a node. */
async function step (name, ...given) {
  const timeout = new Promise((_resolve, reject) => {
    setTimeout(reject, STEP_TIMEOUT_MS, new Error(`${name} has no end`)).unref()
  })
  return Promise.race([worker[name](...given), timeout])
}

let begun = 0

/** Once all of them are moved, whatever was aborted before. */
async function move (records) {
  const lastOfPartitions = [...new Map(records.map(record => [record.partition, record])).values()]
  for (let outcome; outcome !== 'commit';) {
    outcome = ++begun % ABORTED_EVERY === 0 ? 'abort' : 'commit'
    await step('begin')
    await step('send', records.map(({ partition, value }) => ({ partition, value: `${value} ${outcome}` })))
    await step('sendOffsets', lastOfPartitions)
    tell({ open: begun })
    await lines.next()
    await step(outcome)
    tell({ ended: outcome })
  }
}

try {
  worker = await makers[client](deliver, fail)
  await step('start')
  while (!isStopping) {
    if (waiting.length > 0) await move(waiting.splice(0, BATCH))
    else await pause(20)
  }
  process.exit(0)
} catch (error) {
  fail(error)
}
