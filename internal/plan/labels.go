package plan

import "slices"

// OwnLabels are those that every container of ctenv has, and only from ctenv.
var OwnLabels = []string{LabelManaged, LabelVersion, LabelProjectDir, LabelContainer, LabelUID, LabelStays, LabelConfig, LabelWord, LabelClient}

// IsOwnLabel: LabelProjectThere is added when the engine is known.
func IsOwnLabel(name string) bool {
	return name == LabelProjectThere || slices.Contains(OwnLabels, name)
}

// The labels of every container, in the namespace of the Python tool, so that
// either tool lists the other's containers.
const (
	labelPrefix     = "se.osd.ctenv."
	LabelManaged    = labelPrefix + "managed"
	LabelVersion    = labelPrefix + "version"
	LabelProjectDir = labelPrefix + "project_dir"
	LabelContainer  = labelPrefix + "container"
	// LabelUID is the caller's: a project may be shared, an account is not.
	LabelUID = labelPrefix + "uid"
	// LabelClient is the process that makes and starts the container (package procid).
	LabelClient = labelPrefix + "client"
	// LabelProjectThere is where the project is on the engine's machine, for a ctenv that is
	// in a container itself: many of those have their project at one path. Else "".
	LabelProjectThere = labelPrefix + "project_there"
)

// The labels of a container that stays; others have them too, and empty.
const (
	// LabelStays is the version of the requests that its ctenv-init reads.
	LabelStays = labelPrefix + "stays"
	// LabelConfig is the fingerprint of the files' configuration.
	LabelConfig = labelPrefix + "config"
	// LabelWord is the word by which commands join it (wire.Serve).
	LabelWord = labelPrefix + "word"
)

// The labels of a derived image.
const (
	// LabelDerived is the tag that it was given.
	LabelDerived = labelPrefix + "derived"
	// LabelDerivedFrom is the name of the image that it was made of.
	LabelDerivedFrom = labelPrefix + "derived_from"
)
