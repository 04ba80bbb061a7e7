// @platformatic/kafka: transactions, by the newest versions that a node lists.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  Admin, Consumer, FetchIsolationLevels, MessagesStreamModes, Producer, stringDeserializers, stringSerializers
} from '@platformatic/kafka'

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

test('what is committed is read, what is aborted is not', async () => {
  const topic = 'pl-transactions'
  await admin.createTopics({ topics: [topic], partitions: 1, replicas: 1 })
  const producer = transactional('pl-x')
  for (let i = 0; i < 6; i++) {
    const transaction = await producer.beginTransaction()
    await transaction.send({ messages: [{ topic, value: String(i) }], acks: -1 })
    await (i % 2 === 0 ? transaction.commit() : transaction.abort())
  }
  await producer.close()
  assert.deepEqual(await read(topic, 'pl-transactions', 3), ['0', '2', '4'])
})

test('a second producer of the same id fences the first', async () => {
  const topic = 'pl-fenced'
  await admin.createTopics({ topics: [topic], partitions: 1, replicas: 1 })
  const first = transactional('pl-fenced')
  const transaction = await first.beginTransaction()
  await transaction.send({ messages: [{ topic, value: 'of the first' }], acks: -1 })
  const second = transactional('pl-fenced')
  const other = await second.beginTransaction()
  await assert.rejects(transaction.commit())
  await other.send({ messages: [{ topic, value: 'of the second' }], acks: -1 })
  await other.commit()
  assert.deepEqual(await read(topic, 'pl-fenced', 1), ['of the second'])
  await first.close()
  await second.close()
})
