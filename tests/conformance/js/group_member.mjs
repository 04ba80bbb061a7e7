// A member of a group, until SIGTERM.
//
//     node group_member.mjs kafkajs|platformatic|node_rdkafka BROKERS GROUP TOPIC…
//
// Tells each record as `kcat -J` does, and each commit that was acknowledged; see client_processes.py. A client
// that ends with an error is replaced, as a program that is to go on has to do.
const [client, brokers, group, ...topics] = process.argv.slice(2)

const tell = event => process.stdout.write(JSON.stringify(event) + '\n')
const pause = ms => new Promise(resolve => setTimeout(resolve, ms))
let isStopping = false
const stopped = new Promise(resolve => process.on('SIGTERM', () => { isStopping = true; resolve() }))

const makers = {
  async kafkajs () {
    const { default: { Kafka, logLevel } } = await import('kafkajs')
    const kafka = new Kafka({
      clientId: 'member',
      brokers: brokers.split(','),
      logLevel: logLevel.NOTHING,
      requestTimeout: 4000,
      retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 100 }
    })
    const consumer = kafka.consumer({
      groupId: group, sessionTimeout: 10000, rebalanceTimeout: 10000, heartbeatInterval: 500, maxWaitTimeInMs: 50,
      metadataMaxAge: 2000
    })
    await consumer.connect()
    await consumer.subscribe({ topics, fromBeginning: true })
    const ended = new Promise((_resolve, reject) => consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) reject(payload.error)
    }))
    ended.catch(() => {})
    await consumer.run({
      autoCommit: false,
      async eachBatch ({ batch: { topic, partition, messages } }) {
        for (const { offset, value } of messages) {
          tell({ topic, partition, offset: Number(offset), payload: value.toString() })
        }
        const committed = Number(messages.at(-1).offset) + 1
        await consumer.commitOffsets([{ topic, partition, offset: String(committed) }])
        tell({ topic, partition, committed })
      }
    })
    return { ended, close: () => consumer.disconnect() }
  },

  async platformatic () {
    const { Consumer, MessagesStreamModes, stringDeserializers } = await import('@platformatic/kafka')
    const consumer = new Consumer({
      clientId: 'member',
      bootstrapBrokers: brokers.split(','),
      groupId: group,
      deserializers: stringDeserializers,
      sessionTimeout: 10000,
      rebalanceTimeout: 10000,
      heartbeatInterval: 500,
      maxWaitTime: 50,
      metadataMaxAge: 500,
      timeout: 4000,
      retries: 10,
      retryDelay: 100
    })
    // What was read and is not committed, by topic and partition. A rebalance may give them to others.
    const positions = new Map()
    consumer.on('consumer:group:join', () => positions.clear())
    consumer.on('consumer:group:rebalance', () => positions.clear())
    const stream = await consumer.consume({
      topics, mode: MessagesStreamModes.COMMITTED, fallbackMode: 'earliest', autocommit: false
    })
    stream.on('data', ({ topic, partition, offset, value }) => {
      tell({ topic, partition, offset: Number(offset), payload: value })
      positions.set(`${topic}:${partition}`, { topic, partition, offset: offset + 1n, leaderEpoch: -1 })
    })
    let isClosing = false
    async function commitFromTimeToTime () {
      for (; !isClosing; await pause(100)) {
        const offsets = [...positions.values()]
        positions.clear()
        if (offsets.length === 0) continue
        await consumer.commit({ offsets })
        for (const { topic, partition, offset } of offsets) tell({ topic, partition, committed: Number(offset) })
      }
    }
    const ended = Promise.race([
      new Promise((_resolve, reject) => {
        stream.on('error', reject)
        consumer.on('error', reject)
      }),
      commitFromTimeToTime()
    ])
    ended.catch(() => {})
    return {
      ended,
      async close () {
        isClosing = true
        await consumer.close(true)
      }
    }
  },

  // By the consumer protocol (KIP-848).
  async node_rdkafka () {
    const { default: { CODES, KafkaConsumer } } = await import('./node_rdkafka/node_modules/node-rdkafka/lib/index.js')
    const consumer = new KafkaConsumer({
      'client.id': 'member', 'bootstrap.servers': brokers, 'group.id': group, 'group.protocol': 'consumer',
      'enable.auto.commit': false, 'offset_commit_cb': true, 'fetch.wait.max.ms': 50, 'reconnect.backoff.max.ms': 500,
      'topic.metadata.refresh.interval.ms': 2000, 'log_level': 0
    }, { 'auto.offset.reset': 'earliest' })
    let isBehind = false
    let isCommitting = false
    consumer.on('offset.commit', (error, offsets) => {
      isCommitting = false
      if (!error?.code) {
        for (const { topic, partition, offset } of offsets) {
          if (offset !== undefined) tell({ topic, partition, committed: offset })
        }
      } else if (error.code !== CODES.ERRORS.ERR__NO_OFFSET) {
        isBehind = true // no coordinator, or a rebalance: the next one counts
      }
    })
    await new Promise((resolve, reject) => consumer.connect({}, error => error ? reject(error) : resolve()))
    consumer.setDefaultConsumeTimeout(100)
    consumer.subscribe(topics)
    let isClosing = false
    async function readAndCommit () {
      while (!isClosing) {
        const messages = await new Promise((resolve, reject) => consumer.consume(
          100, (error, messages) => error ? reject(error) : resolve(messages)))
        for (const { topic, partition, offset, value } of messages) {
          tell({ topic, partition, offset, payload: value.toString() })
        }
        isBehind ||= messages.length > 0
        if (!isBehind || isCommitting) continue
        isBehind = false
        isCommitting = true
        consumer.commit()
      }
    }
    const ended = readAndCommit()
    ended.catch(() => {})
    return {
      ended,
      async close () {
        isClosing = true
        await ended.catch(() => {})
        await new Promise(resolve => consumer.disconnect(resolve))
      }
    }
  }
}

const CLOSE_TIMEOUT_MS = 5000
while (!isStopping) {
  let member
  try {
    member = await makers[client]()
    await Promise.race([member.ended, stopped])
  } catch (error) {
    tell({ failed: error.errors?.at(-1)?.message ?? error.message })
    await pause(200)
  }
  // One that has lost its coordinator may never close.
  await Promise.race([member?.close(), pause(CLOSE_TIMEOUT_MS)]).catch(() => {})
}
process.exit(0)
