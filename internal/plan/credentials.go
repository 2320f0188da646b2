package plan

import (
	"fmt"

	"ctenv/internal/config"
	"ctenv/internal/wire"
)

// agentSocket is where the caller's ssh agent is in a container. Outside it lies
// elsewhere in each session, and no place of the container's is another one for that.
const agentSocket = wire.Dir + "/ssh-agent"

const agentVariable = "SSH_AUTH_SOCK"

// agent is the caller's ssh agent as a mount; ok is false where none is wanted, or the
// caller has none.
func (d *Draft) agent() (sp spec, ok bool) {
	socket := d.host.Env[agentVariable]
	at := config.String{V: socket, Pos: d.c.SSHAgent.Pos, Set: true}
	return spec{at: at, key: "ssh_agent", host: socket, target: agentSocket}, d.c.SSHAgent.V && socket != ""
}

// buildAgent mounts the agent's socket, and says whether there is one.
func (d *Draft) buildAgent(p *Plan, seen Seen) {
	sp, ok := d.agent()
	if !ok {
		if d.c.SSHAgent.V {
			p.Notes = append(p.Notes, fmt.Sprintf("ssh_agent: there is none: %s is not set", agentVariable))
		}
		return
	}
	there := seen.Paths[sp.host]
	if !there.Exists || there.Dir || there.Regular {
		p.Notes = append(p.Notes, fmt.Sprintf("ssh_agent: there is none: %s is %q, which is no socket", agentVariable, sp.host))
		return
	}
	p.Mounts = append(p.Mounts, Mount{Type: MountBind, Source: there.Real, Target: sp.target})
	d.bind(p, sp, there)
}

// ownVariables are those that settings of their own set. What env says of one wins.
func (d *Draft) ownVariables(p *Plan, seen Seen) []Var {
	var vars []Var
	for _, m := range p.Mounts {
		if m.Target == agentSocket {
			vars = append(vars, Var{Name: agentVariable, Value: agentSocket})
		}
	}
	switch id := seen.GitIdentity; {
	case !d.c.GitIdentity.V:
	case id == nil:
		p.Notes = append(p.Notes, "git_identity: git knows no name and e-mail of yours here")
	default:
		// Not GIT_CONFIG_COUNT: git before 2.31 does not know it, and who passes it has
		// to number its entries.
		vars = append(vars,
			Var{Name: "GIT_AUTHOR_NAME", Value: id.Author.Name}, Var{Name: "GIT_AUTHOR_EMAIL", Value: id.Author.Mail},
			Var{Name: "GIT_COMMITTER_NAME", Value: id.Committer.Name}, Var{Name: "GIT_COMMITTER_EMAIL", Value: id.Committer.Mail})
	}
	return vars
}
