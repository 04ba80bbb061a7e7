// @platformatic/kafka: transactions, by the newest versions that a node lists.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  Admin, Consumer, FetchIsolationLevels, MessagesStreamModes, Producer, stringDeserializers, stringSerializers
} from '@platformatic/kafka'

const CONCURRENT_TRANSACTIONS = 51
/** What a producer without an id of its own is to say; its default claims to be producer 0. */
const NOBODY = { producerId: -1n, producerEpoch: -1 }
const settings = {
  clientId: 'conformance', bootstrapBrokers: [process.env.GREGORD_ADDRESS], retries: 100, retryDelay: 50
}
const admin = new Admin(settings)

before(() => admin.metadata({ topics: [] }))
after(() => admin.close())

function transactional (transactionalId) {
  return new Producer({
    ...settings, serializers: stringSerializers, autocreateTopics: false, idempotent: true, transactionalId
  })
}

/** Reads the topic from its start until `count` values are there, committed ones only. */
async function read (topic, groupId, count) {
  const consumer = new Consumer({
    ...settings, groupId, deserializers: stringDeserializers, isolationLevel: FetchIsolationLevels.READ_COMMITTED
  })
  const stream = await consumer.consume({
    topics: [topic], mode: MessagesStreamModes.EARLIEST, autocommit: false, maxWaitTime: 20
  })
  const values = []
  for await (const message of stream) {
    values.push(message.value)
    if (values.length >= count) break
  }
  await consumer.close(true)
  return values
}

/** The coordinator aborts what another producer of the id has open first; the client does not ask again. */
async function begin (producer) {
  for (const deadline = Date.now() + 30000; ;) {
    try {
      return await producer.beginTransaction(NOBODY)
    } catch (error) {
      if (error.response?.errorCode !== CONCURRENT_TRANSACTIONS || Date.now() > deadline) throw error
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }
}

// One abort: of several by one producer in one answer the client leaves out the last alone.
test('what is committed is read, what is aborted is not', async () => {
  const topic = 'pl-transactions'
  await admin.createTopics({ topics: [topic], partitions: 1, replicas: 1 })
  const producer = transactional('pl-x')
  for (const [value, ends] of [['a', 'commit'], ['b', 'abort'], ['c', 'commit'], ['d', 'commit']]) {
    const transaction = await begin(producer)
    await transaction.send({ messages: [{ topic, value }], acks: -1 })
    await transaction[ends]()
  }
  await producer.close()
  assert.deepEqual(await read(topic, 'pl-transactions', 3), ['a', 'c', 'd'])
})

test('a second producer of the same id fences the first', async () => {
  const topic = 'pl-fenced'
  await admin.createTopics({ topics: [topic], partitions: 1, replicas: 1 })
  const isFenced = error => error.findBy('apiId', 'PRODUCER_FENCED') !== null
  const first = transactional('pl-fenced')
  const transaction = await begin(first)
  await transaction.send({ messages: [{ topic, value: 'of the first' }], acks: -1 })
  const second = transactional('pl-fenced')
  const other = await begin(second)
  await assert.rejects(transaction.commit(), isFenced)
  const stranger = transactional('pl-fenced')
  await assert.rejects(stranger.beginTransaction({ producerId: second.producerId + 1n, producerEpoch: 0 }), isFenced)
  await other.send({ messages: [{ topic, value: 'of the second' }], acks: -1 })
  await other.commit()
  for (const producer of [first, second, stranger]) await producer.close()
  assert.deepEqual(await read(topic, 'pl-fenced', 1), ['of the second'])
})
