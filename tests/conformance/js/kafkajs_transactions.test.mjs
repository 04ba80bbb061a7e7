// kafkajs: transactions. It names the partitions of each before it writes, and ends them with EndTxn 1.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import kafkajs from 'kafkajs'

const { Kafka, logLevel } = kafkajs
const kafka = new Kafka({
  clientId: 'conformance',
  brokers: [process.env.GREGORD_ADDRESS],
  logLevel: logLevel.NOTHING,
  retry: { initialRetryTime: 20, maxRetryTime: 200, retries: 30 }
})
const admin = kafka.admin()

before(() => admin.connect())
after(() => admin.disconnect())

async function until (isTrue, what) {
  const deadline = Date.now() + 30000
  while (!await isTrue()) {
    assert.ok(Date.now() < deadline, `still not: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

async function transactional (transactionalId) {
  const producer = kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  return producer
}

/** Reads the topic from its start until `count` values are there. */
async function read (topic, groupId, count) {
  const consumer = kafka.consumer({ groupId, readUncommitted: false, maxWaitTimeInMs: 20 })
  const values = []
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({ eachMessage: async ({ message }) => { values.push(message.value.toString()) } })
  await until(() => values.length >= count, `${count} values of ${topic}, not ${values}`)
  await consumer.disconnect()
  return values
}

test('what is committed is read, what is aborted is not', async () => {
  const topic = 'js-transactions'
  await admin.createTopics({ topics: [{ topic, numPartitions: 2 }] })
  const producer = await transactional('js-x')
  for (let i = 0; i < 6; i++) {
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: [0, 1].map(partition => ({ partition, value: `${i}-${partition}` })) })
    await (i % 2 === 0 ? transaction.commit() : transaction.abort())
  }
  await producer.disconnect()
  const values = await read(topic, 'js-transactions', 6)
  assert.deepEqual(values.sort(), ['0-0', '0-1', '2-0', '2-1', '4-0', '4-1'])
})

test('a second producer of the same id fences the first', async () => {
  const topic = 'js-fenced'
  await admin.createTopics({ topics: [{ topic }] })
  const first = await transactional('js-fenced')
  const transaction = await first.transaction()
  await transaction.send({ topic, messages: [{ value: 'of the first' }] })
  const second = await transactional('js-fenced')
  const other = await second.transaction()
  await assert.rejects(transaction.commit())
  await other.send({ topic, messages: [{ value: 'of the second' }] })
  await other.commit()
  assert.deepEqual(await read(topic, 'js-fenced', 1), ['of the second'])
  await first.disconnect()
  await second.disconnect()
})

test('offsets are committed with their transaction', async () => {
  const topic = 'js-offsets'
  await admin.createTopics({ topics: [{ topic }] })
  const producer = await transactional('js-offsets')
  const committed = async () => {
    const [{ partitions: [{ offset }] }] = await admin.fetchOffsets({ groupId: 'js-offsets', topics: [topic] })
    return offset
  }
  for (const [offset, ends, left] of [['3', 'commit', '3'], ['5', 'abort', '3'], ['7', 'commit', '7']]) {
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: [{ value: offset }] })
    await transaction.sendOffsets({
      consumerGroupId: 'js-offsets', topics: [{ topic, partitions: [{ partition: 0, offset }] }]
    })
    await transaction[ends]()
    await until(async () => await committed() === left, `offset ${left}`)
  }
  await producer.disconnect()
})
