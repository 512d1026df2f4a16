// Package config fills a struct from a YAML file and the environment, strictly.
//
// Each field names its setting by a tag; a field of a struct type is a group:
//
//	type Mail struct {
//		Server   string        `config:"server" check:"address" help:"SMTP server, host:port."`
//		Timeout  time.Duration `config:"timeout" default:"10s" min:"1s" max:"5m" help:"How long one letter may take."`
//		Password config.Secret `config:"password" help:"Password of the SMTP user."`
//	}
//	type Config struct {
//		Mail Mail `config:"mail" help:"Letters to people."`
//	}
//
// The setting mail.timeout is then the key timeout under mail in the file, and
// KABINET_MAIL_TIMEOUT in the environment, which wins over the file, which wins
// over the default. A Secret can also be given as the name of a file that holds
// it: password_file, KABINET_MAIL_PASSWORD_FILE. A variable that is set but
// empty counts as not set.
//
// Load reports everything that is wrong at once: settings nobody knows, with
// the one that may have been meant, values that do not fit, and required ones
// that are missing, each with its place and how to mend it. Values of secrets
// are never printed.
//
// Tags: config (the name, "-" for none), help, default, required:"true",
// example (shown by Example when there is no default), oneof:"a b c", min and
// max (numbers and durations; the length of a list), check (url, address,
// email, timezone). Types: string, bool, int, int64, float64, time.Duration,
// []string and whatever implements encoding.TextUnmarshaler. A struct with a
// method Check(fault func(name, text string)) adds rules of its own.
package config
