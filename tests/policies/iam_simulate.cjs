// Another evaluator of IAM policies, @cloud-copilot/iam-simulate. NODE_PATH says where npm put it.
// Reads a JSON list of policy, action, resource and context from stdin; writes a JSON list of letters:
// A is allowed, D explicitly denied, - neither. A context value of null stands for an absent key.
const { runUnsafeSimulation } = require('@cloud-copilot/iam-simulate')

const LETTERS = { Allowed: 'A', ExplicitlyDenied: 'D', ImplicitlyDenied: '-' }
const ACCOUNT = '123456789012'

async function letter([policy, action, resource, context]) {
  const present = Object.fromEntries(Object.entries(context).filter(([, value]) => value !== null))
  const simulation = {
    request: {
      principal: `arn:aws:iam::${ACCOUNT}:user/alice`,
      action,
      resource: { resource, accountId: ACCOUNT },
      contextVariables: present,
    },
    identityPolicies: [{ name: 'policy', policy }],
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  }
  const found = await runUnsafeSimulation(simulation, {})
  return LETTERS[found]
}

async function main() {
  let text = ''
  for await (const chunk of process.stdin) text += chunk
  const letters = []
  for (const each of JSON.parse(text)) letters.push(await letter(each))
  process.stdout.write(JSON.stringify(letters))
}

main()
