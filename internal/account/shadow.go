package account

// editShadow returns the text of a shadow file that has an entry for name. It
// has no valid password and never expires: sudo's account check wants an entry
// wherever there is a shadow file (pam_unix(8)).
func editShadow(data []byte, name string) []byte {
	if shadowHas(data, name) {
		return data
	}
	return insertLine(data, beforeCompat(data), name+":*:19000::::::")
}

func shadowHas(data []byte, name string) bool {
	for _, line := range entries(data) {
		if len(line) > len(name) && line[:len(name)] == name && line[len(name)] == ':' {
			return true
		}
	}
	return false
}
