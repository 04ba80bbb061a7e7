// Sends numbers to partition 0 of a topic with acks=all and idempotence, one after the other, until its
// standard input ends. A line of JSON for each answer: { number, offset } or { number, error }.
//
//     node send_until_told.mjs kafkajs|platformatic BROKERS TOPIC
const [client, brokers, topic] = process.argv.slice(2)

const makers = {
  async kafkajs () {
    const { default: { Kafka, logLevel } } = await import('kafkajs')
    const kafka = new Kafka({
      clientId: 'failover',
      brokers: brokers.split(','),
      logLevel: logLevel.NOTHING,
      requestTimeout: 4000,
      retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 100 }
    })
    const producer = kafka.producer({ allowAutoTopicCreation: false, idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    return {
      async send (value) {
        const [{ baseOffset }] = await producer.send({ topic, acks: -1, messages: [{ partition: 0, value }] })
        return Number(baseOffset)
      },
      close: () => producer.disconnect()
    }
  },

  async platformatic () {
    const { Producer, stringSerializers } = await import('@platformatic/kafka')
    const producer = new Producer({
      clientId: 'failover',
      bootstrapBrokers: brokers.split(','),
      serializers: stringSerializers,
      autocreateTopics: false,
      idempotent: true,
      timeout: 4000,
      metadataMaxAge: 500,
      retries: 100,
      retryDelay: 50
    })
    return {
      async send (value) {
        const { offsets: [{ offset }] } = await producer.send({ acks: -1, messages: [{ topic, partition: 0, value }] })
        return Number(offset)
      },
      close: () => producer.close()
    }
  }
}

let isTold = false
process.stdin.on('end', () => { isTold = true }).resume()

const producer = await makers[client]()
for (let number = 0; !isTold; number++) {
  try {
    console.log(JSON.stringify({ number, offset: await producer.send(String(number)) }))
  } catch (error) {
    console.log(JSON.stringify({ number, error: error.message }))
  }
}
await producer.close()
