package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"kabinet/internal/audit"
	"kabinet/internal/catalogue"
	"kabinet/internal/platform/sqldb"
	"kabinet/services"
)

type servicesCommand struct {
	Lint lintCommand `cmd:"" help:"Report everything that is wrong in service files: file, line, and how to mend it."`
	Test testCommand `cmd:"" help:"Run the examples that service files carry."`
}

// serviceFolder is the argument of commands on service files.
type serviceFolder struct {
	Folder string `arg:"" optional:"" help:"Folder with service files; without it the ones that come with the program." type:"existingdir"`
}

func (f serviceFolder) files() fs.FS {
	if f.Folder == "" {
		return services.FS
	}
	return os.DirFS(f.Folder)
}

type lintCommand struct{ serviceFolder }

func (cmd lintCommand) Run(c *console) error {
	issues := catalogue.Lint(cmd.files(), known())
	for _, issue := range issues {
		fmt.Fprintln(c.out, issue)
	}
	if len(issues) > 0 {
		return fmt.Errorf("%d faults", len(issues))
	}
	fmt.Fprintln(c.out, "no faults")
	return nil
}

type testCommand struct{ serviceFolder }

func (cmd testCommand) Run(ctx context.Context, c *console) error {
	run, differ := catalogue.Test(ctx, cmd.files())
	for _, issue := range differ {
		fmt.Fprintln(c.out, issue)
	}
	if len(differ) > 0 {
		return fmt.Errorf("%d examples were run, %d things differ from what they expect", run, len(differ))
	}
	fmt.Fprintf(c.out, "%d examples hold\n", run)
	return nil
}

type auditCommand struct {
	Verify auditVerify `cmd:"" help:"Check the chains of the log and, against the daily anchors, that nothing was cut off."`
}

type auditVerify struct {
	configFile
	Anchors string `help:"File with the anchors; without it the one in the data folder." placeholder:"FILE"`
}

func (cmd auditVerify) Run(ctx context.Context, c *console) error {
	cfg, err := cmd.load(c, false)
	if err != nil {
		return err
	}
	db, err := sqldb.Open(ctx, cfg.database())
	if err != nil {
		return err
	}
	defer db.Close()
	report, err := audit.VerifyAll(ctx, db)
	if err != nil {
		return err
	}
	for _, b := range report.Breaks {
		fmt.Fprintln(c.out, b)
	}
	if len(report.Breaks) > 0 {
		return fmt.Errorf("%d chains, %d lines: %d are broken", report.Owners, report.Lines, len(report.Breaks))
	}
	path := cmd.Anchors
	if path == "" {
		path = filepath.Join(cfg.Data, anchorFile)
	}
	anchors, err := audit.ReadAnchors(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, anchor := range anchors {
		if err := audit.CheckHead(ctx, db, anchor); err != nil {
			return err
		}
	}
	fmt.Fprintf(c.out, "%d chains, %d lines, %d anchors: whole\n", report.Owners, report.Lines, len(anchors))
	return nil
}
