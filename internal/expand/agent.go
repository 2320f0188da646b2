package expand

import (
	"ctenv/internal/config"
	"ctenv/internal/volume"
	"ctenv/internal/wire"
)

// AgentSocket is where the caller's ssh agent is in a container. Outside it lies
// elsewhere in each session, and no place of the container's is another one for that.
const AgentSocket = wire.Dir + "/ssh-agent"

const AgentVariable = "SSH_AUTH_SOCK"

// Agent is the caller's ssh agent as a mount; ok is false where none is wanted, or the
// caller has none.
func (d *Draft) Agent() (sp volume.Spec, ok bool) {
	socket := d.Host.Env[AgentVariable]
	at := config.String{V: socket, Pos: d.Settings.SSHAgent.Pos, Set: true}
	return volume.Spec{At: at, Key: "ssh_agent", Host: socket, Target: AgentSocket}, d.Settings.SSHAgent.V && socket != ""
}
