package decide

import (
	"fmt"

	"ctenv/internal/expand"
	"ctenv/internal/look"
	"ctenv/internal/plan"
)

// buildAgent mounts the agent's socket, and says whether there is one.
func (d *decision) buildAgent(p *plan.Plan, seen look.Seen) {
	sp, ok := d.Agent()
	if !ok {
		if d.Settings.SSHAgent.V {
			p.Notes = append(p.Notes, fmt.Sprintf("ssh_agent: there is none: %s is not set", expand.AgentVariable))
		}
		return
	}
	there := seen.Paths[sp.Host]
	if !there.Exists || there.Dir || there.Regular {
		p.Notes = append(p.Notes, fmt.Sprintf("ssh_agent: there is none: %s is %q, which is no socket", expand.AgentVariable, sp.Host))
		return
	}
	p.Mounts = append(p.Mounts, plan.Mount{Type: plan.MountBind, Source: there.Real, Target: sp.Target})
	d.bind(p, sp, there)
}

// ownVariables are those that settings of their own set. What env says of one wins.
func (d *decision) ownVariables(p *plan.Plan, seen look.Seen) []plan.Var {
	var vars []plan.Var
	for _, m := range p.Mounts {
		if m.Target == expand.AgentSocket {
			vars = append(vars, plan.Var{Name: expand.AgentVariable, Value: expand.AgentSocket})
		}
	}
	switch id := seen.GitIdentity; {
	case !d.Settings.GitIdentity.V:
	case id == nil:
		p.Notes = append(p.Notes, "git_identity: git knows no name and e-mail of yours here")
	default:
		// Not GIT_CONFIG_COUNT: git before 2.31 does not know it, and who passes it has
		// to number its entries.
		vars = append(vars,
			plan.Var{Name: "GIT_AUTHOR_NAME", Value: id.Author.Name}, plan.Var{Name: "GIT_AUTHOR_EMAIL", Value: id.Author.Mail},
			plan.Var{Name: "GIT_COMMITTER_NAME", Value: id.Committer.Name}, plan.Var{Name: "GIT_COMMITTER_EMAIL", Value: id.Committer.Mail})
	}
	return vars
}
