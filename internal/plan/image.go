package plan

// LabelBuild is the label of an image that was built from an inline Dockerfile. It
// holds the key of what the image was made of.
const LabelBuild = labelPrefix + "build"

// ImageBuild is how a container's image is built.
type ImageBuild struct {
	// Dockerfile is an absolute path, "" where Content is the Dockerfile itself.
	Dockerfile string
	Content    string
	Context    string // absolute path of a directory; "" for an empty one
	Tag        string
	Args       []BuildArg
	Target     string // "" for the last stage
	Platform   string // "os/arch[/variant]", or "" for the engine's own
	// Network is "none" where [limits] leave the container none, else "".
	Network string `json:",omitempty"`
	// Refresh asks the registry for newer base images.
	Refresh bool
}

// BuildArg is a build argument. FromHost says that a variable of the caller's is in
// its value: such a value is never shown, nor given to a program as an argument.
type BuildArg struct {
	Name, Value string
	FromHost    bool `json:",omitempty"`
}

// Inline says that all of the build is in the configuration: nothing of the file
// system goes into the image.
func (b ImageBuild) Inline() bool { return b.Dockerfile == "" && b.Context == "" }
