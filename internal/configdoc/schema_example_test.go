package configdoc_test

import (
	"encoding/json"
	"fmt"

	"ctenv/internal/configdoc"
)

// What an editor shows comes from the table of keys.
func ExampleSchema() {
	text, err := configdoc.Schema()
	if err != nil {
		fmt.Println(err)
		return
	}
	var schema struct {
		Definitions map[string]struct{ Description string }
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(schema.Definitions["sudo"].Description)
	// Output: let the user run sudo without a password, installing it where it is missing
}
