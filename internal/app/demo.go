package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"kabinet/internal/platform/config"
	"kabinet/internal/platform/secret"
	"kabinet/internal/sandbox"
)

// demoLimits widens what is counted by address: everybody who tries the
// demonstration sits at one machine. What is counted by person stays.
const demoLimits = "account.sms_per_source=2000/1h, signature.tries_per_source=1000/10m, outside.trips_per_source=1000/5m, " +
	"recovery.starts_per_source=500/1h, recovery.uploads_per_source=500/1h, recovery.status_per_source=500/1h"

// demoPassword is every sample person's.
const demoPassword = "Zarechny!2026" //nolint:gosec // the demonstration prints it

type demoCommand struct {
	Listen        string `help:"Address of the portal." default:"127.0.0.1:8080"`
	SandboxListen string `help:"Address of the partners' sandbox." default:"127.0.0.1:8090"`
	Data          string `help:"Folder for everything that the demonstration keeps." default:"data/demo"`
	Database      string `help:"PostgreSQL address, in place of SQLite in the folder."`
	Reset         bool   `help:"Begin anew: delete the folder first."`
}

// Run starts the portal and its partners, and tells how to sign in.
func (cmd demoCommand) Run(ctx context.Context, c *console) error {
	if cmd.Reset {
		if err := resetDemo(cmd.Data); err != nil {
			return err
		}
	}
	portal, err := new(net.ListenConfig).Listen(ctx, "tcp", cmd.Listen)
	if err != nil {
		return fmt.Errorf("the portal cannot listen on %s (choose another by --listen): %w", cmd.Listen, err)
	}
	defer portal.Close()
	partners, err := new(net.ListenConfig).Listen(ctx, "tcp", cmd.SandboxListen)
	if err != nil {
		return fmt.Errorf("the sandbox cannot listen on %s (choose another by --sandbox-listen): %w", cmd.SandboxListen, err)
	}
	defer partners.Close()
	mail, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("the sandbox's mail server cannot listen: %w", err)
	}
	defer mail.Close()
	box, err := openSandbox(filepath.Join(cmd.Data, "sandbox"), "http://"+portal.Addr().String())
	if err != nil {
		return err
	}
	defer box.Close()
	roots := filepath.Join(cmd.Data, "sandbox", "roots.pem")
	if err := writeRoots(roots, box); err != nil {
		return err
	}
	cfg, err := cmd.config(portal.Addr(), partners.Addr(), mail.Addr(), box)
	if err != nil {
		return err
	}
	a, err := Open(ctx, cfg, c.err)
	if err != nil {
		return err
	}
	defer a.Close()
	people, err := a.samplePeople(ctx)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return a.ServeOn(ctx, portal, true) })
	group.Go(func() error { return serveSandbox(ctx, box, partners, mail) })
	printDemo(c.out, portal.Addr(), partners.Addr(), people)
	return group.Wait()
}

// markerFile says that a folder was made by the demonstration, so that --reset
// deletes nothing else.
const markerFile = "kabinet-demo"

func resetDemo(dir string) error {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if _, err := os.Stat(filepath.Join(dir, markerFile)); err != nil {
		return fmt.Errorf("%s was not made by the demonstration: delete it yourself if it may go", dir)
	}
	return os.RemoveAll(dir)
}

// config is the configuration of the demonstration. Its master key lies in the
// folder: whoever wants it apart runs kabinet serve.
func (cmd demoCommand) config(portal, partners, mail net.Addr, box *sandbox.Sandbox) (Config, error) {
	token := box.Token()
	cfg := Config{Demo: true, Serving: true}
	if err := os.MkdirAll(filepath.Join(cmd.Data, "portal"), 0o700); err != nil {
		return cfg, fmt.Errorf("making the folder of the demonstration: %w", err)
	}
	if err := os.WriteFile(filepath.Join(cmd.Data, markerFile), []byte("made by kabinet demo\n"), 0o600); err != nil {
		return cfg, fmt.Errorf("making the folder of the demonstration: %w", err)
	}
	master, err := demoMaster(filepath.Join(cmd.Data, "master.key"))
	if err != nil {
		return cfg, err
	}
	files, err := box.ESIASetup()
	if err != nil {
		return cfg, err
	}
	if err := demoProviders(filepath.Join(cmd.Data, providersFile), partners.String(), token, files); err != nil {
		return cfg, err
	}
	env := []string{
		"KABINET_LISTEN=" + portal.String(),
		"KABINET_PUBLIC_URL=http://" + portal.String(),
		"KABINET_DATA=" + filepath.Join(cmd.Data, "portal"),
		"KABINET_DATABASE=" + cmd.Database,
		"KABINET_MASTER_KEY=" + master,
		"KABINET_MAIL_SERVER=" + mail.String(),
		"KABINET_MAIL_TLS=none",
		"KABINET_SMS_URL=http://" + partners.String(),
		"KABINET_SMS_TOKEN=" + token,
		"KABINET_TAX_URL=http://" + partners.String(),
		"KABINET_TAX_TOKEN=" + token,
		"KABINET_OUTSIDE_PROVIDERS=" + filepath.Join(cmd.Data, providersFile),
		"KABINET_PASSPORT_URL=http://" + partners.String(),
		"KABINET_PASSPORT_TOKEN=" + token,
		"KABINET_PENSION_URL=http://" + partners.String(),
		"KABINET_PENSION_TOKEN=" + token,
		"KABINET_POST_URL=http://" + partners.String(),
		"KABINET_POST_TOKEN=" + token,
		"KABINET_TRUST_ROOTS=" + filepath.Join(cmd.Data, "sandbox", "roots.pem"),
		"KABINET_TRUST_LISTS=" + centreLists("http://"+partners.String()),
		"KABINET_VIDEO_LISTEN=127.0.0.1:0", "KABINET_VIDEO_PUBLIC_IP=127.0.0.1", "KABINET_VIDEO_FROM=0s", "KABINET_VIDEO_TILL=0s", "KABINET_VIDEO_WEEKENDS=true",
		"KABINET_LIMITS=" + demoLimits,
		"KABINET_REPORTING_LOG_FORMAT=text",
		"KABINET_REPORTING_LOG_LEVEL=warn",
	}
	cfg.Signer = "http://" + partners.String() + "/signer"
	return cfg, config.Load(&cfg, config.Source{Env: env})
}

func demoMaster(path string) (string, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		data = []byte(secret.NewMaster() + "\n")
		err = writeFile(path, data)
	}
	if err != nil {
		return "", fmt.Errorf("reading the master key of the demonstration: %w", err)
	}
	return strings.TrimSpace(string(data)), nil
}

// openSandbox opens the partners. portal is where their sign-ins send people back
// to; "" is any address of this machine.
func openSandbox(dir, portal string) (*sandbox.Sandbox, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the sandbox's folder: %w", err)
	}
	return sandbox.New(sandbox.Options{Dir: dir, Now: time.Now, Portal: portal})
}

// serveSandbox runs the partners until ctx ends.
func serveSandbox(ctx context.Context, box *sandbox.Sandbox, ln, mail net.Listener) error {
	srv := &http.Server{Handler: box.Handler(), ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout,
		ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelWarn)}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serving the sandbox: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		if err := box.ServeSMTP(mail); ctx.Err() == nil {
			return err
		}
		return nil // it was told to stop
	})
	group.Go(func() error {
		<-ctx.Done()
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return errors.Join(srv.Shutdown(end), mail.Close())
	})
	err := group.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// signIn is a sample person as the demonstration prints it.
type signIn struct{ who, login, level string }

func printDemo(w io.Writer, portal, partners net.Addr, people []signIn) {
	fmt.Fprintf(w, "\nКабинет: http://%s\nУчебный стенд (SMS, письма, реестры, почта, входы через банки и ЕСИА): http://%s\n\n", portal, partners)
	fmt.Fprintf(w, "Пароль у всех один: %s. Коды из SMS — на учебном стенде.\n\n", demoPassword)
	for _, p := range people {
		fmt.Fprintf(w, "  %-14s %s — %s\n", p.login, p.who, p.level)
	}
	if _, port, err := net.SplitHostPort(portal.String()); err == nil {
		fmt.Fprintf(w, "\nКлючи доступа браузер даёт именам, а не числам: попробуйте их на http://localhost:%s\n", port)
	}
	fmt.Fprintf(w, "\nCtrl-C останавливает; данные сохраняются, --reset начинает сначала.\n")
}

type sandboxCommand struct {
	Listen string `help:"Address of the web page and the HTTP partners." default:"127.0.0.1:8090"`
	Mail   string `help:"Address of the mail server." default:"127.0.0.1:8025"`
	Data   string `help:"Folder for what the partners keep." default:"data/sandbox"`
	Portal string `help:"Address of the portal, to which sign-ins lead back. Without it any address of this machine is."`
}

// Run runs the partners alone and prints the token for their clients.
func (cmd sandboxCommand) Run(ctx context.Context, c *console) error {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", cmd.Listen)
	if err != nil {
		return fmt.Errorf("listening on %s: %w", cmd.Listen, err)
	}
	mail, err := new(net.ListenConfig).Listen(ctx, "tcp", cmd.Mail)
	if err != nil {
		return fmt.Errorf("listening on %s: %w", cmd.Mail, err)
	}
	box, err := openSandbox(cmd.Data, strings.TrimSuffix(cmd.Portal, "/"))
	if err != nil {
		return err
	}
	defer box.Close()
	fmt.Fprintf(c.out, "sandbox: http://%s, mail %s, token %s\n", ln.Addr(), mail.Addr(), box.Token())
	return serveSandbox(ctx, box, ln, mail)
}
