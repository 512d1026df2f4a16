package account

import (
	"encoding/base64"
	"net"
	"net/http"
	"strings"
	"time"

	"kabinet/internal/platform/id"
	"kabinet/internal/platform/web"
)

// Cookies of this feature. None holds personal data in the clear.
const (
	sessionCookie = "session" // account ID "." secret
	browserCookie = "browser" // ties flows to a browser
	deviceCookie  = "device-" // + DeviceKey: a known device of one account
	loginCookie   = "login"   // the login name to fill in, sealed

	browserLife = 24 * time.Hour
	loginLife   = 180 * 24 * time.Hour
	// devicesMax bounds how many accounts a browser is known to.
	devicesMax = 20
)

// clientOf tells where a request came from. It sets the browser's cookie when
// there is none yet.
func (s *Service) clientOf(w http.ResponseWriter, r *http.Request) Client {
	c := Client{IP: s.clientIP(r), Agent: r.UserAgent(), Devices: map[string]string{}}
	prefix := web.CookieName(deviceCookie, s.secure)
	for _, k := range r.Cookies() {
		if key, ok := strings.CutPrefix(k.Name, prefix); ok && len(c.Devices) < devicesMax {
			c.Devices[key] = k.Value
		}
	}
	if k, err := r.Cookie(web.CookieName(browserCookie, s.secure)); err == nil && id.Valid(k.Value) {
		c.Browser = k.Value
	} else {
		c.Browser = id.Secret()
		http.SetCookie(w, web.NewCookie(browserCookie, c.Browser, browserLife, s.secure))
	}
	return c
}

// RemoteIP is the address at the other end of the connection.
func RemoteIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// setSession gives the browser what a new session needs. On a stranger's
// computer everything ends with the browser.
func (s *Service) setSession(w http.ResponseWriter, st Started) {
	lasts := s.lives.most(st.Session.Staff, st.Session.Alien)
	if st.Session.Alien {
		lasts = 0
	}
	http.SetCookie(w, web.NewCookie(sessionCookie, st.Cookie, lasts, s.secure))
	if st.Device != "" {
		http.SetCookie(w, web.NewCookie(deviceCookie+DeviceKey(st.Session.Account), st.Device, deviceLife, s.secure))
	}
}

func (s *Service) dropSession(w http.ResponseWriter) {
	http.SetCookie(w, web.NewCookie(sessionCookie, "", -time.Second, s.secure))
}

// setLogin remembers the login name, or forgets it.
func (s *Service) setLogin(w http.ResponseWriter, l Login, remember bool) {
	if !remember {
		http.SetCookie(w, web.NewCookie(loginCookie, "", -time.Second, s.secure))
		return
	}
	sealed := base64.RawURLEncoding.EncodeToString(s.keys.SealString("cookie", "login", "", l.String()))
	http.SetCookie(w, web.NewCookie(loginCookie, sealed, loginLife, s.secure))
}

// remembered returns the login name of an earlier sign-in, "" when none.
func (s *Service) remembered(r *http.Request) string {
	k, err := r.Cookie(web.CookieName(loginCookie, s.secure))
	if err != nil {
		return ""
	}
	sealed, err := base64.RawURLEncoding.DecodeString(k.Value)
	if err != nil {
		return ""
	}
	value, err := s.keys.OpenString("cookie", "login", "", sealed)
	if err != nil {
		return ""
	}
	return value
}

// sessionOf returns the value of the session's cookie and the account in it.
func (s *Service) sessionOf(r *http.Request) (cookie, account string) {
	k, err := r.Cookie(web.CookieName(sessionCookie, s.secure))
	if err != nil {
		return "", ""
	}
	account, _, _ = strings.Cut(k.Value, ".")
	return k.Value, account
}

// Identify tells who sent a request, for web.Config.
func (s *Service) Identify(_ http.ResponseWriter, r *http.Request) (web.Identity, error) {
	cookie, _ := s.sessionOf(r)
	if cookie == "" {
		return web.Identity{}, nil
	}
	session, why, err := s.current(r.Context(), cookie, visitor{client: Client{IP: s.clientIP(r), Agent: r.UserAgent()}, passive: passive(r)})
	if err != nil || why != "" || session.ID == "" {
		return web.Identity{Ended: why}, err
	}
	who := web.Identity{Account: session.Account, Session: session.ID, Staff: session.Staff, Until: session.until(s.lives)}
	if session.Confined {
		who.Only = changePage
	}
	return who, nil
}

// passive reports whether a request is no doing of the person: a stream of
// events, or a script that looks what is new.
func passive(r *http.Request) bool {
	return r.Method == http.MethodGet && r.URL.Path == sessionPath || r.Header.Get("X-Passive") != "" || wantsEvents(r)
}

// wantsEvents reports whether a page asks for a stream of events.
func wantsEvents(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Accept"), "text/event-stream")
}
