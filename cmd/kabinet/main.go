// Command kabinet is a citizen's personal account and a portal of digital
// public services.
package main

import (
	"os"
	_ "time/tzdata" // the program must know time zones on a machine without them

	"kabinet/internal/app"
)

func main() { os.Exit(app.Run(os.Args[1:], os.Environ(), os.Stdout, os.Stderr)) }
