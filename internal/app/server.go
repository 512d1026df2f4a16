package app

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"kabinet/internal/platform/ui"
)

// Limits of connections, against clients that are slow on purpose.
const (
	headerTimeout = 10 * time.Second
	readTimeout   = 2 * time.Minute // an upload of 5 MB over a slow phone
	writeTimeout  = 2 * time.Minute
	idleTimeout   = 2 * time.Minute
	headerBytes   = 32 << 10
)

// Handler answers everything that the portal is asked.
func (a *App) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Write([]byte("ok\n"))
	})
	mux.HandleFunc("GET /readyz", a.ready)
	mux.HandleFunc("GET /metrics", a.metrics)
	mux.Handle("GET /static/", ui.Static())
	mux.Handle("/", a.telemetry.HTTP(a.router, nil))
	return a.ownCertificates(a.behindProxies(mux))
}

// ready tells whether the portal can work: the database answers and the
// catalogue is loaded.
func (a *App) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if err := a.check(ctx); err != nil {
		w.Header().Set("Retry-After", "5")
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintln(w, err)
		return
	}
	fmt.Fprintln(w, "ready")
}

// metrics serves metrics to the operator: by token, or to this machine.
func (a *App) metrics(w http.ResponseWriter, r *http.Request) {
	allowed := false
	if token := a.cfg.Metrics.Reveal(); token != "" {
		given := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		allowed = subtle.ConstantTimeCompare([]byte(given), []byte(token)) == 1
	} else if addr, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		allowed = addr.Addr().Unmap().IsLoopback()
	}
	if !allowed {
		http.Error(w, "metrics are for the operator", http.StatusForbidden)
		return
	}
	a.telemetry.Handler().ServeHTTP(w, r)
}

// behindProxies puts the address of the client in place of the proxy's, for
// proxies that the configuration names. A proxy may add its line below one that
// the client sent, so all lines of the header count, the last one first.
func (a *App) behindProxies(next http.Handler) http.Handler {
	if len(a.cfg.Proxies) == 0 {
		return next
	}
	proxies := a.cfg.proxies()
	trusted := func(addr netip.Addr) bool {
		return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(addr.Unmap()) })
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err == nil && trusted(peer.Addr()) {
			hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
			for i := len(hops) - 1; i >= 0; i-- {
				addr, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
				if err != nil {
					break
				}
				r.RemoteAddr = netip.AddrPortFrom(addr, 0).String()
				if !trusted(addr) {
					break
				}
			}
		}
		next.ServeHTTP(w, r)
	})
}

// Serve answers on the configured address until ctx ends, and runs jobs beside
// it when withJobs. Then it lets requests and jobs end.
func (a *App) Serve(ctx context.Context, withJobs bool) error {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", a.cfg.Listen)
	if err != nil {
		return fmt.Errorf("listening on %s: %w", a.cfg.Listen, err)
	}
	return a.ServeOn(ctx, ln, withJobs)
}

// ServeOn is Serve on a listener.
func (a *App) ServeOn(ctx context.Context, ln net.Listener, withJobs bool) error {
	srv := &http.Server{
		Handler: a.Handler(), ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: headerBytes, ErrorLog: slog.NewLogLogger(a.telemetry.Log.Handler(), slog.LevelWarn),
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serving: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.cfg.Stop)
		defer cancel()
		a.hub.Close()
		return srv.Shutdown(end)
	})
	if withJobs {
		group.Go(func() error { return a.Work(ctx) })
	}
	group.Go(func() error { return a.serveCertificates(ctx) })
	group.Go(func() error { a.notices.Follow(ctx); return nil })
	group.Go(func() error { return a.load(ctx) })
	return group.Wait()
}

// Work runs background jobs until ctx ends. On SQLite one process may do so at
// a time, and it takes back at once what one that died was running; on
// PostgreSQL leases see to both.
func (a *App) Work(ctx context.Context) error {
	if !a.db.Postgres() {
		release, err := a.alone()
		if err != nil {
			return err
		}
		defer release()
		if err := a.runner.Adopt(ctx); err != nil {
			return fmt.Errorf("taking back jobs: %w", err)
		}
	}
	return a.runner.Run(ctx)
}

// alone makes this process the only one that runs jobs on the data folder. The
// system lets go of the lock however the process ends.
func (a *App) alone() (release func(), err error) {
	f, err := os.OpenFile(filepath.Join(a.cfg.Data, "kabinet.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the data folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("another process runs the portal on %s: with SQLite there can be one; use PostgreSQL for more", a.cfg.Data)
	}
	return func() { f.Close() }, nil
}

// trim gives memory that starting up needed back to the system.
var trim = sync.OnceFunc(debug.FreeOSMemory)
