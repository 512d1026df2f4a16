package app

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"kabinet/internal/platform/config"
	"kabinet/internal/platform/secret"
)

// Version is set by the linker.
var Version = "dev"

// cli is the command line.
type cli struct {
	Demo     demoCommand     `cmd:"" help:"Run the portal with sample people and a partners' sandbox: nothing to install or set up."`
	Serve    serveCommand    `cmd:"" help:"Run the portal and its background jobs."`
	Work     workCommand     `cmd:"" help:"Run background jobs only, beside other processes on the same PostgreSQL."`
	Migrate  migrateCommand  `cmd:"" help:"Bring the database to the shape this version needs, and end."`
	Services servicesCommand `cmd:"" help:"Check service definitions."`
	Audit    auditCommand    `cmd:"" help:"Verify the log of acts."`
	User     userCommand     `cmd:"" help:"Make an account with a role at the desk."`
	Seed     seedCommand     `cmd:"" help:"Fill an empty database with made-up people, services and applications, to measure with."`
	Keys     keysCommand     `cmd:"" help:"Make and rotate keys."`
	Sandbox  sandboxCommand  `cmd:"" help:"Run the partners' sandbox alone."`
	Config   configCommand   `cmd:"" help:"Print an example configuration with every setting."`
	Version  versionCommand  `cmd:"" help:"Print the version."`
}

// console is what commands read from and write to.
type console struct {
	out, err io.Writer
	env      []string
}

// Run runs a command line and returns the exit status: 0, 1 when the command
// failed, 2 when it was not understood.
func Run(args []string, env []string, out, errOut io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	parser, err := kong.New(&c, kong.Name("kabinet"), kong.Description("A citizen's account and a portal of digital public services."),
		kong.Writers(out, errOut), kong.UsageOnError())
	if err != nil {
		fmt.Fprintln(errOut, err)
		return 2
	}
	cmd, err := parser.Parse(args)
	if err != nil {
		parser.FatalIfErrorf(err)
		return 2
	}
	cmd.BindTo(ctx, (*context.Context)(nil))
	if err := cmd.Run(&console{out: out, err: errOut, env: env}); err != nil {
		fmt.Fprintln(errOut, err)
		return 1
	}
	return 0
}

// configFile is the flag of every command that needs the configuration.
type configFile struct {
	Config string `help:"Configuration file (YAML)." placeholder:"FILE" type:"existingfile"`
}

// load reads the configuration and reports everything that is wrong with it;
// serving also wants what only a running portal needs.
func (f configFile) load(c *console, serving bool) (Config, error) {
	cfg := Config{Serving: serving}
	err := config.Load(&cfg, config.Source{File: f.Config, Env: c.env, Other: []string{"KABINET_TEST_PG", "KABINET_USER_PASSWORD", "KABINET_NEW_MASTER_KEY"}})
	return cfg, err
}

type serveCommand struct{ configFile }

func (cmd serveCommand) Run(ctx context.Context, c *console) error {
	cfg, err := cmd.load(c, true)
	if err != nil {
		return err
	}
	a, err := Open(ctx, cfg, c.err)
	if err != nil {
		return err
	}
	defer a.Close()
	return a.Serve(ctx, true)
}

type workCommand struct{ configFile }

func (cmd workCommand) Run(ctx context.Context, c *console) error {
	cfg, err := cmd.load(c, true)
	if err != nil {
		return err
	}
	a, err := Open(ctx, cfg, c.err)
	if err != nil {
		return err
	}
	defer a.Close()
	return a.Work(ctx)
}

type migrateCommand struct{ configFile }

func (cmd migrateCommand) Run(ctx context.Context, c *console) error {
	cfg, err := cmd.load(c, false)
	if err != nil {
		return err
	}
	n, err := migrate(ctx, cfg)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%d migrations applied\n", n)
	return nil
}

type keysCommand struct {
	Master keysMaster `cmd:"" help:"Print a new master key."`
	Rewrap keysRewrap `cmd:"" help:"Encrypt the keyring by another master key."`
	Rotate keysRotate `cmd:"" help:"Add a key to the keyring; what was sealed before still opens. Restart the portal after it."`
}

type keysMaster struct{}

func (keysMaster) Run(c *console) error {
	_, err := fmt.Fprintln(c.out, secret.NewMaster())
	return err
}

type keysRotate struct{ configFile }

func (cmd keysRotate) Run(c *console) error {
	cfg, err := cmd.load(c, false)
	if err != nil {
		return err
	}
	master, err := secret.ParseMaster(cfg.MasterKey.Reveal())
	if err != nil {
		return err
	}
	if err := rotateKeys(cfg.Data, master); err != nil {
		return err
	}
	fmt.Fprintln(c.out, "a key was added; new values are sealed with it after the next start")
	return nil
}

type keysRewrap struct {
	configFile
	New string `help:"The new master key; better given in the variable KABINET_NEW_MASTER_KEY." env:"KABINET_NEW_MASTER_KEY" required:""`
}

func (cmd keysRewrap) Run(c *console) error {
	cfg, err := cmd.load(c, false)
	if err != nil {
		return err
	}
	from, err := secret.ParseMaster(cfg.MasterKey.Reveal())
	if err != nil {
		return err
	}
	to, err := secret.ParseMaster(cmd.New)
	if err != nil {
		return err
	}
	if err := rewrapKeys(cfg.Data, from, to); err != nil {
		return err
	}
	fmt.Fprintln(c.out, "the keyring opens with the new master key only; put it into the configuration and restart the portal")
	return nil
}

type configCommand struct{}

func (configCommand) Run(c *console) error { return config.Example(c.out, &Config{}) }

type versionCommand struct{}

func (versionCommand) Run(c *console) error {
	fmt.Fprintln(c.out, Version)
	return nil
}
