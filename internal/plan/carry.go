package plan

import (
	"encoding/json"
	"maps"
	"path"
	"slices"

	"ctenv/internal/wire"
)

// A plan is carried out with what is known only then, and where the engine cannot do it in
// one way in another. Each method here gives a plan that is complete again, request
// included, and leaves p as it is.

// InitSource is the path from which ctenv-init is mounted, "" where it is not.
func (p Plan) InitSource() string { return p.source(p.initMount()) }

// StreamsSocket is the socket by which ctenv-init fetches descriptors, "" for none.
func (p Plan) StreamsSocket() string { return p.source(p.streamsMount()) }

func (p Plan) source(mount int) string {
	if mount < 0 {
		return ""
	}
	return p.Mounts[mount].Source
}

// initMount is the index of ctenv-init's mount, -1 where it is uploaded.
func (p Plan) initMount() int {
	return slices.IndexFunc(p.Mounts, func(m Mount) bool { return m.Type == MountBind && wire.IsInit(m.Target) })
}

// streamsMount is the index of the socket's, -1 for none.
func (p Plan) streamsMount() int {
	return slices.IndexFunc(p.Mounts, func(m Mount) bool { return m.Type == MountBind && m.Target == p.Request.StreamsPath() })
}

// WithTerminal has ctenv-init set the size of its terminal.
func (p Plan) WithTerminal(rows, cols uint16) Plan {
	p.Request.Rows, p.Request.Cols = rows, cols
	return p
}

// WithHello has ctenv-init say word before all else.
func (p Plan) WithHello(word string) Plan {
	p.Request.Hello = word
	return p
}

// WithStreams has ctenv-init fetch descriptors from the socket by the word ask.
func (p Plan) WithStreams(ask, socket string) Plan {
	p.Request.Streams = ask
	p.Mounts = append(slices.Clip(p.Mounts), Mount{Type: MountBind, Source: socket, Target: p.Request.StreamsPath(), ReadOnly: true})
	return p
}

// WithoutStreams leaves the streams to the engine. A log gets no word in the place of what
// ctenv-init would have fetched.
func (p Plan) WithoutStreams() Plan {
	if i := p.streamsMount(); i >= 0 {
		p.Mounts = slices.Delete(slices.Clone(p.Mounts), i, i+1)
		p.Request.Streams = ""
		if p.LogsWords() && !p.Stay {
			p.Request.Hello = ""
		}
	}
	return p
}

// WithInitElsewhere mounts ctenv-init from the next of p.InitElse, of which there is one.
func (p Plan) WithInitElsewhere() Plan {
	p.Mounts = slices.Clone(p.Mounts)
	p.Mounts[p.initMount()].Source, p.InitElse = p.InitElse[0], p.InitElse[1:]
	return p
}

// WithInitUploaded has ctenv-init be uploaded into an anonymous volume, which goes with the
// container: unlike the container's own file system it can be written to where that is
// read-only. Nothing of this machine's processes is handed over then.
func (p Plan) WithInitUploaded() Plan {
	p = p.WithoutStreams()
	p.Mounts, p.UploadInit = slices.Clone(p.Mounts), true
	if i := p.initMount(); i >= 0 {
		p.Mounts[i] = InitVolume(path.Dir(p.Mounts[i].Target))
	}
	return p
}

// Serving has ctenv-init of a container that stays take commands by a word, which says that
// it runs, too.
func (p Plan) Serving(word string) Plan {
	p.Note.Name, p.Note.Fingerprint = p.Name, p.Labels[LabelConfig]
	note, _ := json.Marshal(p.Note) // never fails: it is texts
	p.Request.Serve = &wire.Serve{Word: word, Note: wire.Text(note)}
	p.Labels = maps.Clone(p.Labels)
	p.Labels[LabelWord] = word
	return p.WithHello(word)
}

// WithProjectThere says where the project is on the engine's machine, "" for at the same path.
func (p Plan) WithProjectThere(dir string) Plan {
	labels := map[string]string{LabelProjectThere: dir}
	maps.Copy(labels, p.Labels)
	p.Labels = labels
	return p
}

// Relaying is the request to ctenv-init that joins the container of that word from inside.
func Relaying(word string) wire.Request {
	return wire.Request{Mode: wire.ModeRelay, Serve: &wire.Serve{Word: word}}
}

// Signalling is the request to ctenv-init that sends the signal of that number, which is
// Linux's, as a terminal does in the container of that user.
func Signalling(uid, number int) wire.Request {
	return wire.Request{Mode: wire.ModeSignal, User: wire.User{UID: uid}, Signal: number}
}

// Relocate puts ctenv's directory in the container under a name that nobody could know
// beforehand: word, 32 hexadecimal digits. An image that knew it could have it be a
// symlink into a directory of the host, whose file would then run as root.
func (p *Plan) Relocate(word string) {
	p.Request.Dir = wire.Text(wire.DirOf(word))
	p.Entrypoint = []string{p.Request.InitPath()}
	p.Mounts = slices.Clone(p.Mounts)
	for i, m := range p.Mounts {
		switch {
		case wire.IsInit(m.Target):
			p.Mounts[i].Target = p.Request.InitPath()
		case wire.IsDir(m.Target):
			p.Mounts[i].Target = string(p.Request.Dir)
		}
	}
}

// InitVolume is an anonymous volume for ctenv-init.
func InitVolume(target string) Mount {
	return Mount{Type: MountVolume, Target: target, NoCopy: true}
}
