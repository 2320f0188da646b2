package nearest_test

import (
	"fmt"

	"ctenv/internal/nearest"
)

func ExampleOf() {
	keys := []string{"image", "env", "env_file", "volumes"}
	fmt.Println(nearest.Of("imgae", keys))
	fmt.Println(nearest.Of("volume", keys))
	fmt.Printf("%q\n", nearest.Of("entrypoint", keys))
	// Output:
	// image
	// volumes
	// ""
}
