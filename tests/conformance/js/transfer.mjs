// Moves records from one topic to another in transactions, until SIGTERM; as transfer.py does, where it is told.
//
//     node transfer.mjs kafkajs|platformatic BROKERS SOURCE TARGET GROUP TRANSACTIONAL_ID
import { createInterface } from 'node:readline'

const BATCH = 20
const ABORTED_EVERY = 3
const CLOSE_TIMEOUT_MS = 5000

const [client, brokers, source, target, group, transactionalId] = process.argv.slice(2)

const tell = event => process.stdout.write(JSON.stringify(event) + '\n')
const pause = ms => new Promise(resolve => setTimeout(resolve, ms))
let isStopping = false
process.on('SIGTERM', () => { isStopping = true })
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()

// Each gives `deliver` the records of its partitions, in their order, and `fail` what ends it. The producer begins
// before the consumer asks where to go on: kafkajs does not ask for stable offsets, nor tell its generation, so it
// has to be alone in its group, too.
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
      groupId: group, sessionTimeout: 10000, rebalanceTimeout: 10000, heartbeatInterval: 500, maxWaitTimeInMs: 50,
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
            deliver(messages.map(({ offset, value }) => ({ partition, offset: BigInt(offset), value: value.toString() })))
          }
        })
      },
      async begin () { transaction = await producer.transaction() },
      send: values => transaction.send({ topic: target, acks: -1, messages: values }),
      sendOffsets: records => transaction.sendOffsets({
        consumerGroupId: group,
        topics: [{
          topic: source,
          partitions: records.map(({ partition, offset }) => ({ partition, offset: String(offset + 1n) }))
        }]
      }),
      commit: () => transaction.commit(),
      abort: () => transaction.abort(),
      close: () => Promise.all([consumer.disconnect(), producer.disconnect()])
    }
  },

  async platformatic (deliver, fail) {
    const {
      Consumer, FetchIsolationLevels, MessagesStreamModes, Producer, stringDeserializers, stringSerializers
    } = await import('@platformatic/kafka')
    const settings = {
      clientId: 'transfer', bootstrapBrokers: brokers.split(','), metadataMaxAge: 500, retries: 10, retryDelay: 100
    }
    const producer = new Producer({
      ...settings, serializers: stringSerializers, autocreateTopics: false, idempotent: true, transactionalId
    })
    const consumer = new Consumer({
      ...settings, groupId: group, deserializers: stringDeserializers, sessionTimeout: 10000, rebalanceTimeout: 10000,
      heartbeatInterval: 500, maxWaitTime: 50, timeout: 4000, isolationLevel: FetchIsolationLevels.READ_COMMITTED
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
      abort: () => transaction.abort(),
      close: () => Promise.all([consumer.close(true), producer.close(true)])
    }
  }
}

let begun = 0

/** Once all of them are moved, whatever was aborted before. */
async function move (worker, records) {
  const lastOfPartitions = [...new Map(records.map(record => [record.partition, record])).values()]
  for (let outcome; outcome !== 'commit';) {
    outcome = ++begun % ABORTED_EVERY === 0 ? 'abort' : 'commit'
    await worker.begin()
    await worker.send(records.map(({ partition, value }) => ({ partition, value: `${value} ${outcome}` })))
    await worker.sendOffsets(lastOfPartitions)
    tell({ open: begun })
    await lines.next()
    await worker[outcome]()
    tell({ ended: outcome })
  }
}

/** Until it fails, or the program is to end. */
async function work () {
  const waiting = []
  const next = new Map() // by partition: what comes before is waiting or done. A rebalance brings some of it again.
  let failure
  const worker = await makers[client](records => {
    for (const record of records) {
      if (record.offset < (next.get(record.partition) ?? 0n)) continue
      next.set(record.partition, record.offset + 1n)
      waiting.push(record)
    }
  }, error => { failure = error })
  try {
    await worker.start()
    while (!isStopping && !failure) {
      if (waiting.length > 0) await move(worker, waiting.splice(0, BATCH))
      else await pause(20)
    }
    if (failure) throw failure
  } finally {
    // One that has lost its coordinator may never close.
    await Promise.race([worker.close(), pause(CLOSE_TIMEOUT_MS)]).catch(() => {})
  }
}

while (!isStopping) {
  try {
    await work()
  } catch (error) {
    tell({ failed: error.errors?.at(-1)?.message ?? error.message })
    await pause(200)
  }
}
process.exit(0)
