package wire

// A container that stays is set up by one request, and others come of it. What a field means
// to them is said here alone, by naming those that they have: a new field is none of theirs
// and belongs to the first start, until it is named.

// Joining is what a client gives of its request for a run, to a container that is set up.
func (r Request) Joining() Request {
	return Request{
		Version: r.Version, Mode: ModeJoin, User: r.User, Shell: r.Shell, Command: r.Command,
		Workdir: r.Workdir, WorkdirHint: r.WorkdirHint, Worktrees: r.Worktrees, WorktreeHint: r.WorktreeHint,
		Binds: r.Binds, Boot: r.Boot, BindHint: r.BindHint, UIDMap: r.UIDMap,
		Umask: r.Umask, Verbosity: r.Verbosity, Progress: r.Progress, Live: r.Live,
		Term: r.Term, ColorTerm: r.ColorTerm, Rows: r.Rows, Cols: r.Cols,
	}
}

// JoinedBy is the request of a client's command in a container that r has set up. What the
// client says of the user is not believed, nor of the container.
func (r Request) JoinedBy(client Request) Request {
	c := client.Joining()
	c.User, c.Shell, c.Dir = r.User, r.Shell, r.Dir
	c.Image, c.Container = r.Image, r.Container
	c.Mounts, c.Chown, c.OtherVolumes, c.EngineAccounts = r.Mounts, r.Chown, r.OtherVolumes, r.EngineAccounts
	c.Limits = r.Limits
	return c
}

// SettingUp is the request of the child that runs the set-up commands of r.
func (r Request) SettingUp() Request {
	return Request{
		Version: r.Version, Mode: ModeSetup, User: r.User, Shell: r.Shell, Dir: r.Dir, Workdir: r.Workdir,
		Image: r.Image, Container: r.Container,
		Mounts: r.Mounts, OtherVolumes: r.OtherVolumes, EngineAccounts: r.EngineAccounts,
		Setup: r.Setup, SetupWritten: r.SetupWritten, SetupJoined: r.SetupJoined,
		Umask: r.Umask, Limits: r.Limits,
		Verbosity: r.Verbosity, Progress: r.Progress, Live: r.Live,
	}
}
