// kafkajs as a member of groups.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import kafkajs from 'kafkajs'

const { Kafka, logLevel } = kafkajs
const kafka = new Kafka({
  clientId: 'conformance',
  brokers: [process.env.GREGORD_ADDRESS],
  logLevel: logLevel.NOTHING,
  retry: { initialRetryTime: 20, maxRetryTime: 200 }
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

async function produce (topic, values) {
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic, messages: values.map((value, i) => ({ value, partition: i % 4 })) })
  await producer.disconnect()
}

/** A member that runs until it is disconnected. */
async function member (groupId, topic) {
  const consumer = kafka.consumer({ groupId, sessionTimeout: 6000, heartbeatInterval: 200, rebalanceTimeout: 6000, maxWaitTimeInMs: 20 })
  const state = { consumer, values: [], assigned: [] }
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    state.assigned = payload.memberAssignment[topic] ?? []
  })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    autoCommitInterval: 50,
    eachMessage: async ({ message }) => { state.values.push(message.value.toString()) }
  })
  return state
}

test('members share a topic, and the one that stays takes over', async () => {
  const topic = 'js-groups'
  await admin.createTopics({ topics: [{ topic, numPartitions: 4 }] })
  const first = await member('js', topic)
  await until(() => first.assigned.length === 4, 'the first has all')
  await produce(topic, Array.from({ length: 40 }, (_, i) => `a${i}`))
  await until(() => first.values.length === 40, 'the first reads all')
  const second = await member('js', topic)
  await until(() => first.assigned.length === 2 && second.assigned.length === 2, 'both have half')
  assert.deepEqual([...first.assigned, ...second.assigned].sort(), [0, 1, 2, 3])
  await produce(topic, Array.from({ length: 40 }, (_, i) => `b${i}`))
  await until(() => first.values.length + second.values.length >= 80, 'both read')
  await first.consumer.disconnect()
  await until(() => second.assigned.length === 4, 'the second takes over')
  await produce(topic, ['end'])
  await until(() => second.values.includes('end'), 'it goes on')
  await second.consumer.disconnect()
  const [{ partitions }] = await admin.fetchOffsets({ groupId: 'js', topics: [topic] })
  const offsets = Object.fromEntries(partitions.map(each => [each.partition, each.offset]))
  assert.deepEqual(offsets, { 0: '21', 1: '20', 2: '20', 3: '20' })
})

test('groups are described, their offsets set, and deleted', async () => {
  const topic = 'js-admin'
  await admin.createTopics({ topics: [{ topic, numPartitions: 4 }] })
  await admin.setOffsets({ groupId: 'js-set', topic, partitions: [{ partition: 0, offset: '3' }] })
  const { groups: [group] } = await admin.describeGroups(['js-set'])
  assert.equal(group.state, 'Empty')
  const listed = await admin.listGroups()
  assert.ok(listed.groups.some(each => each.groupId === 'js-set'))
  const [deleted] = await admin.deleteGroups(['js-set'])
  assert.equal(deleted.errorCode, 0)
  const after = await admin.listGroups()
  assert.ok(!after.groups.some(each => each.groupId === 'js-set'))
})
