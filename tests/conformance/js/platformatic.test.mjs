// @platformatic/kafka speaks the newest versions that a node lists: topics by id, tagged fields.
// It produces, administrates, and fetches and lists offsets without being a member of a group.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Admin, Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka'

const TOPIC = 2 // the resource type
const address = process.env.GREGORD_ADDRESS
const settings = { clientId: 'conformance', bootstrapBrokers: [address], retries: 3, retryDelay: 50 }
const admin = new Admin(settings)
const consumer = new Consumer({ ...settings, groupId: 'no-member', deserializers: stringDeserializers })

before(() => admin.metadata({ topics: [] }))
after(() => Promise.all([admin.close(), consumer.close(true)]))

async function makeTopic (topic, partitions = 1, configs = []) {
  const [made] = await admin.createTopics({ topics: [topic], partitions, replicas: 1, configs })
  assert.equal(made.name, topic)
  assert.equal(made.partitions, partitions)
}

async function produce (messages, options = {}) {
  const producer = new Producer({ ...settings, serializers: stringSerializers, autocreateTopics: false })
  try {
    return await producer.send({ messages, acks: -1, ...options })
  } finally {
    await producer.close()
  }
}

/** All records of the partition from the offset on, as [offset, key, value, headers]. */
async function fetch (topic, partition, fetchOffset) {
  const metadata = await consumer.metadata({ topics: [topic], forceUpdate: true })
  const { id: topicId } = metadata.topics.get(topic)
  const found = []
  for (;;) {
    const { errorCode, responses: [{ partitions: [answer] }] } = await consumer.fetch({
      node: 1,
      maxWaitTime: 20,
      topics: [{
        topicId,
        partitions: [{
          partition, fetchOffset, currentLeaderEpoch: -1, lastFetchedEpoch: -1, partitionMaxBytes: 1 << 20
        }]
      }]
    })
    assert.equal(errorCode, 0)
    assert.equal(answer.errorCode, 0)
    for (const batch of answer.records ?? []) {
      for (const { offsetDelta, key, value, headers } of batch.records) {
        const offset = batch.firstOffset + BigInt(offsetDelta)
        if (offset >= fetchOffset) found.push([Number(offset), text(key), text(value), headers])
      }
    }
    const next = found.length > 0 ? BigInt(found.at(-1)[0]) + 1n : fetchOffset
    if (next === fetchOffset || next >= answer.highWatermark) {
      assert.equal(next, answer.highWatermark)
      return found
    }
    fetchOffset = next
  }
}

const text = bytes => bytes?.toString() ?? null

async function fails (id, promise) {
  await assert.rejects(promise, error => {
    if (error.findBy?.('apiId', id)) return true
    throw new Error(`this is not ${id}`, { cause: error })
  })
}

test('the cluster has an id, a controller and its broker', async () => {
  const metadata = await admin.metadata({ topics: [] })
  assert.match(metadata.id, /^[A-Za-z0-9_-]{22}$/)
  assert.equal(metadata.controllerId, 1)
  const [host, port] = address.split(':')
  assert.deepEqual([...metadata.brokers.keys()], [1])
  assert.equal(metadata.brokers.get(1).host, host)
  assert.equal(metadata.brokers.get(1).port, Number(port))
})

for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
  for (const acks of [0, 1, -1]) {
    for (const partitions of [1, 12]) {
      test(`${compression} with acks ${acks} on ${partitions} partitions`, async () => {
        const topic = `pf-${compression}-${acks}-${partitions}`
        await makeTopic(topic, partitions)
        const value = i => `v${i} ${'the same words '.repeat(20)}`
        const messages = Array.from({ length: 120 }, (_, i) => ({
          topic, partition: i % partitions, key: `k${i}`, value: value(i)
        }))
        const { offsets } = await produce(messages, { compression, acks })
        if (acks === 0) return // kcat reads it back
        assert.equal(offsets.length, partitions)
        for (let p = 0; p < partitions; p++) {
          const wanted = messages.filter(message => message.partition === p)
          const found = await fetch(topic, p, 0n)
          assert.deepEqual(found.map(([offset, key, value]) => [offset, key, value]),
            wanted.map(({ key, value }, i) => [i, key, value]))
        }
      })
    }
  }
}

test('an idempotent producer continues its numbers', async () => {
  await makeTopic('pf-idempotent', 3)
  const producer = new Producer({ ...settings, serializers: stringSerializers, idempotent: true })
  for (let round = 0; round < 20; round++) {
    const { offsets } = await producer.send({
      messages: [0, 1, 2].map(partition => ({ topic: 'pf-idempotent', partition, value: `v${round}` })),
      acks: -1
    })
    assert.deepEqual(offsets.map(({ offset }) => offset), Array(3).fill(BigInt(round)))
  }
  await producer.close()
})

test('keys, values and headers come back', async () => {
  await makeTopic('pf-headers')
  await produce([
    { topic: 'pf-headers', key: 'k', value: 'v', headers: { a: '1', b: '' } },
    { topic: 'pf-headers', value: 'v' }, { topic: 'pf-headers', key: 'k' }
  ])
  const [first, second, third] = await fetch('pf-headers', 0, 0n)
  assert.deepEqual(first.slice(0, 3), [0, 'k', 'v'])
  assert.deepEqual([...first[3]].map(pair => pair.map(text)), [['a', '1'], ['b', '']])
  assert.equal(second[2], 'v')
  assert.equal(third[1], 'k')
})

test('messages of 900 KB come back', async () => {
  await makeTopic('pf-large')
  const wanted = [0, 1, 2].map(i => String(i).repeat(900_000))
  for (const value of wanted) await produce([{ topic: 'pf-large', value }])
  assert.ok((await fetch('pf-large', 0, 0n)).every(([offset, , value]) => value === wanted[offset]))
  assert.equal((await fetch('pf-large', 0, 1n)).length, 2)
})

test('fetching starts at the offset, and at the end there is nothing', async () => {
  await makeTopic('pf-offsets')
  await produce(Array.from({ length: 50 }, (_, i) => ({ topic: 'pf-offsets', value: `v${i}` })))
  assert.deepEqual((await fetch('pf-offsets', 0, 42n)).map(([offset]) => offset), [42, 43, 44, 45, 46, 47, 48, 49])
  assert.deepEqual(await fetch('pf-offsets', 0, 50n), [])
  await fails('OFFSET_OUT_OF_RANGE', fetch('pf-offsets', 0, 51n))
})

test('offsets are listed at the ends and by time', async () => {
  await makeTopic('pf-times')
  const start = BigInt(Date.now() - 86_400_000)
  await produce(Array.from({ length: 50 }, (_, i) => ({
    topic: 'pf-times', value: `v${i}`, timestamp: start + 1000n * BigInt(i)
  })))
  const at = async timestamp => {
    const offsets = await consumer.listOffsets({ topics: ['pf-times'], timestamp })
    return Number(offsets.get('pf-times')[0])
  }
  assert.equal(await at(-2n), 0)
  assert.equal(await at(-1n), 50)
  assert.equal(await at(start - 1n), 0)
  assert.equal(await at(start + 20_000n), 20)
  assert.equal(await at(start + 20_001n), 21)
  assert.equal(await at(start + 50_000n), -1)
  const [{ partitions: [listed] }] = await admin.listOffsets({
    topics: [{ name: 'pf-times', partitions: [{ partitionIndex: 0, timestamp: -3n }] }]
  })
  assert.equal(listed.offset, 49n)
  assert.equal(listed.timestamp, start + 49_000n)
})

test('records are deleted below an offset', async () => {
  await makeTopic('pf-trimmed')
  await produce(Array.from({ length: 10 }, (_, i) => ({ topic: 'pf-trimmed', value: `v${i}` })))
  const [{ partitions: [trimmed] }] = await admin.deleteRecords({
    topics: [{ name: 'pf-trimmed', partitions: [{ partition: 0, offset: 6n }] }]
  })
  assert.equal(trimmed.lowWatermark, 6n)
  await fails('OFFSET_OUT_OF_RANGE', fetch('pf-trimmed', 0, 5n))
  assert.deepEqual((await fetch('pf-trimmed', 0, 6n)).map(([offset]) => offset), [6, 7, 8, 9])
})

test('a topic made is listed, widened and deleted', async () => {
  await makeTopic('pf-made', 2)
  await admin.createPartitions({ topics: [{ name: 'pf-made', count: 12 }] })
  const metadata = await admin.metadata({ topics: ['pf-made'], forceUpdate: true })
  const { partitions } = metadata.topics.get('pf-made')
  assert.equal(partitions.length, 12)
  for (const { leader, replicas, isr } of partitions) {
    assert.deepEqual({ leader, replicas, isr }, { leader: 1, replicas: [1], isr: [1] })
  }
  await fails('TOPIC_ALREADY_EXISTS', admin.createTopics({ topics: ['pf-made'], partitions: 1, replicas: 1 }))
  await fails('INVALID_PARTITIONS', admin.createPartitions({ topics: [{ name: 'pf-made', count: 3 }] }))
  await admin.deleteTopics({ topics: ['pf-made'] })
  assert.ok(!(await admin.listTopics()).includes('pf-made'))
  await fails('UNKNOWN_TOPIC_OR_PARTITION', admin.deleteTopics({ topics: ['pf-made'] }))
})

test('configs are described and altered one by one', async () => {
  await makeTopic('pf-config', 1, [{ name: 'retention.ms', value: '12345' }])
  const describe = async () => {
    const [{ configs }] = await admin.describeConfigs({
      resources: [{
        resourceType: TOPIC, resourceName: 'pf-config', configurationKeys: ['retention.ms', 'segment.ms']
      }],
      includeSynonyms: true,
      includeDocumentation: true
    })
    return Object.fromEntries(configs.map(({ name, value }) => [name, value]))
  }
  assert.deepEqual(await describe(), { 'retention.ms': '12345', 'segment.ms': '604800000' })
  const set = { name: 'segment.ms', configOperation: 0, value: '1000' }
  await admin.incrementalAlterConfigs({
    resources: [{ resourceType: TOPIC, resourceName: 'pf-config', configs: [set] }]
  })
  assert.deepEqual(await describe(), { 'retention.ms': '12345', 'segment.ms': '1000' })
})

test('log directories tell the replicas that lie in them', async () => {
  await makeTopic('pf-lies', 3)
  await produce([{ topic: 'pf-lies', partition: 1, value: 'v' }])
  const [{ broker, results }] = await admin.describeLogDirs({
    topics: [{ name: 'pf-lies', partitions: [0, 1, 2] }]
  })
  assert.equal(broker, 1)
  assert.equal(results.length, 1)
  const [{ topics: [{ name, partitions }] }] = results
  assert.equal(name, 'pf-lies')
  assert.deepEqual(partitions.map(each => each.partitionIndex), [0, 1, 2])
  assert.ok(partitions[1].partitionSize > 0n)
  assert.equal(partitions[0].partitionSize, 0n)
})
