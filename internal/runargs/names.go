package runargs

// Words are the options that are supported, as one writes them: "--cap-add=", or
// "--read-only" for a switch.
func Words() []string {
	var words []string
	for _, o := range options {
		word := "--" + o.name
		if o.value != "" {
			word += "="
		}
		words = append(words, word)
	}
	return words
}
