// @platformatic/kafka as a member of classic groups: the newest versions of their APIs.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Admin, Consumer, MessagesStreamModes, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka'

const settings = { clientId: 'conformance', bootstrapBrokers: [process.env.GREGORD_ADDRESS], retries: 10, retryDelay: 50 }
const admin = new Admin(settings)
after(() => admin.close())

async function until (isTrue, what) {
  const deadline = Date.now() + 30000
  while (!await isTrue()) {
    assert.ok(Date.now() < deadline, `still not: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

async function produce (topic, values) {
  const producer = new Producer({ ...settings, serializers: stringSerializers })
  await producer.send({ acks: -1, messages: values.map((value, i) => ({ topic, key: 'k', value, partition: i % 4 })) })
  await producer.close()
}

/** A member that reads until it is closed. */
async function member (groupId, topic) {
  const consumer = new Consumer({
    ...settings, groupId, deserializers: stringDeserializers, sessionTimeout: 6000, heartbeatInterval: 200,
    rebalanceTimeout: 6000, maxWaitTime: 20
  })
  const state = { consumer, values: [], stream: null }
  state.assigned = () => consumer.assignments?.find(each => each.topic === topic)?.partitions ?? []
  state.stream = await consumer.consume({
    topics: [topic], mode: MessagesStreamModes.COMMITTED, fallbackMode: 'earliest', autocommit: 50
  })
  state.stream.on('data', message => state.values.push(message.value))
  state.close = async () => {
    await state.stream.close()
    await consumer.close(true)
  }
  return state
}

test('members share a topic, and the one that stays takes over', async () => {
  const topic = 'pf-groups'
  await admin.createTopics({ topics: [topic], partitions: 4, replicas: 1 })
  const first = await member('pf', topic)
  await until(() => first.assigned().length === 4, 'the first has all')
  await produce(topic, Array.from({ length: 40 }, (_, i) => `a${i}`))
  await until(() => first.values.length === 40, 'the first reads all')
  const second = await member('pf', topic)
  await until(() => first.assigned().length === 2 && second.assigned().length === 2, 'both have half')
  await produce(topic, Array.from({ length: 40 }, (_, i) => `b${i}`))
  await until(() => first.values.length + second.values.length >= 80, 'both read')
  await first.close()
  await until(() => second.assigned().length === 4, 'the second takes over')
  await produce(topic, ['end'])
  await until(() => second.values.includes('end'), 'it goes on')
  await second.close()
})

test('groups are listed, described and deleted', async () => {
  const listed = await admin.listGroups()
  assert.ok([...listed.keys()].includes('pf'))
  const described = await admin.describeGroups({ groups: ['pf'] })
  assert.ok(['EMPTY', 'Empty'].includes(described.get('pf').state))
  await admin.deleteGroups({ groups: ['pf'] })
  const after = await admin.listGroups()
  assert.ok(![...after.keys()].includes('pf'))
})
