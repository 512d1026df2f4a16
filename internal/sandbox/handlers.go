package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
)

// maxBody is the longest request that any partner reads, in bytes.
const maxBody = 64 << 10

// Handler serves the partners' HTTP interfaces and the pages.
func (s *Sandbox) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /sms/send", s.partner(PartnerSMS, s.sendSMS))
	mux.HandleFunc("GET /sms/{id}", s.partner(PartnerSMS, s.stateOfSMS))
	mux.HandleFunc("POST /tax/v1/income-certificates", s.partner(PartnerTax, s.incomeCertificate))

	mux.HandleFunc("POST /tax/v1/numbers", s.partner(PartnerTax, s.taxNumber()))
	mux.HandleFunc("POST /passport/v1/checks", s.partner(PartnerPassport, s.passportCheck()))
	mux.HandleFunc("POST /pension/v1/insured", s.partner(PartnerPension, s.pensionCheck()))
	mux.HandleFunc("POST /post/v1/letters", s.partner(PartnerPost, s.orderLetter))
	mux.HandleFunc("GET /post/v1/letters/{id}", s.partner(PartnerPost, s.stateOfLetter))

	s.bankidRoutes(mux)

	mux.HandleFunc("GET /letters.json", s.lettersJSON)
	mux.HandleFunc("GET /registers", s.registersPage)
	mux.HandleFunc("POST /registers", s.switchState)
	mux.HandleFunc("GET /post", s.postPage)
	mux.HandleFunc("POST /post/{id}/deliver", s.deliver)

	mux.HandleFunc("GET /centre/gost.crl", s.revocations(rootGOST))
	mux.HandleFunc("GET /centre/ecdsa.crl", s.revocations(rootECDSA))
	mux.HandleFunc("GET /centre/roots.pem", s.rootsFile)
	mux.HandleFunc("GET /centre", s.centrePage)
	mux.HandleFunc("POST /centre/{serial}", s.revoke)
	mux.HandleFunc("GET /signer", s.signerForm)
	mux.HandleFunc("POST /signer", s.signFile)

	mux.HandleFunc("GET /sms.json", s.smsJSON)
	mux.HandleFunc("GET /mail.json", s.mailJSON)
	mux.HandleFunc("GET /faults", s.showFaults)
	mux.HandleFunc("POST /faults", s.switchFault)

	mux.HandleFunc("GET /{$}", s.overviewPage)
	mux.HandleFunc("GET /sms", s.smsPage)
	mux.HandleFunc("GET /mail", s.mailPage)
	mux.HandleFunc("GET /mail/{id}", s.letterPage)
	mux.HandleFunc("GET /mail/{id}/html", s.letterHTML)
	mux.HandleFunc("GET /mail/{id}/raw", s.letterRaw)
	mux.HandleFunc("GET /mail/{id}/attachments/{n}", s.letterAttachment)
	mux.HandleFunc("GET /tax", s.taxPage)
	mux.HandleFunc("GET /tax/people/new", s.payerPage)
	mux.HandleFunc("POST /tax/people/new", s.postPayer)
	mux.HandleFunc("GET /tax/people/{id}", s.payerPage)
	mux.HandleFunc("POST /tax/people/{id}", s.postPayer)
	mux.HandleFunc("GET /stand.css", serveCSS)
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/", s.missingPage)
	// A page of another site may not press our buttons; programs send no Origin and pass.
	return withHeaders(http.NewCrossOriginProtection().Handler(mux))
}

func withHeaders(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Referrer-Policy", "no-referrer")
		head.Set("Cache-Control", "no-store")
		h.ServeHTTP(w, r)
	})
}

// partner puts a partner's fault before its work. The request is read first, so
// that a slow partner does the work even when the client has gone away.
func (s *Sandbox) partner(name string, work http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			writeJSON(w, http.StatusRequestEntityTooLarge, problem{"too_large", nil})
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		switch s.fault(name) {
		case ModeDown:
			w.Header().Set("Retry-After", "30")
			writeJSON(w, http.StatusServiceUnavailable, problem{"unavailable", nil})
			return
		case ModeBroken:
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Write([]byte("<html><body><h1>It works!</h1><p>default page of a server</body>"))
			return
		case ModeSlow:
			s.wait()
		}
		if !s.authorised(r) {
			w.Header().Set("WWW-Authenticate", "Bearer")
			writeJSON(w, http.StatusUnauthorized, problem{"unauthorised", nil})
			return
		}
		work(w, r)
	}
}

// problem is the body of every answer that is not a success.
type problem struct {
	Error  string   `json:"error"`
	Fields []string `json:"fields,omitempty"`
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	w.Write(append(body, '\n')) // a client that left needs no answer
}

// readJSON reads the body into v, or answers 400 and returns false.
func readJSON(w http.ResponseWriter, r *http.Request, v any) bool {
	in := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	err := in.Decode(v)
	if err == nil {
		if _, more := in.Token(); more == io.EOF {
			return true
		}
	}
	writeJSON(w, http.StatusBadRequest, problem{"not_json", nil})
	return false
}

// since reads the parameter since, or answers 400 and returns false.
func since(w http.ResponseWriter, r *http.Request) (time.Time, bool) {
	v := r.FormValue("since")
	if v == "" {
		return time.Time{}, true
	}
	t, err := time.Parse(time.RFC3339Nano, strings.ReplaceAll(v, " ", "+")) // a zone +03:00 that was not escaped
	if err != nil {
		writeJSON(w, http.StatusBadRequest, problem{"bad_request", []string{"since"}})
		return time.Time{}, false
	}
	return t, true
}

// smsJSON lists messages that came at since or later, newest first.
func (s *Sandbox) smsJSON(w http.ResponseWriter, r *http.Request) {
	from, ok := since(w, r)
	if !ok {
		return
	}
	list := []SMS{}
	for _, m := range s.SMSTo(r.FormValue("to")) {
		if !m.Time.Before(from) {
			list = append(list, m)
		}
	}
	writeJSON(w, http.StatusOK, list)
}

type mailItem struct {
	ID          int              `json:"id"`
	Time        time.Time        `json:"time"`
	From        string           `json:"from"`
	To          []string         `json:"to"`
	MessageID   string           `json:"messageId"`
	Copies      int              `json:"copies"` // mails with this Message-ID, this one included
	Subject     string           `json:"subject"`
	Text        string           `json:"text"`
	HTML        string           `json:"html"`
	Attachments []attachmentItem `json:"attachments"`
}

type attachmentItem struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Size int    `json:"size"` // bytes
}

// mailJSON lists mails that came at since or later, newest first.
func (s *Sandbox) mailJSON(w http.ResponseWriter, r *http.Request) {
	from, ok := since(w, r)
	if !ok {
		return
	}
	list := []mailItem{}
	for _, m := range s.MailTo(r.FormValue("to")) {
		if m.Time.Before(from) {
			continue
		}
		item := mailItem{
			ID: m.ID, Time: m.Time, From: m.From, To: m.To, MessageID: m.MessageID, Copies: m.Copies,
			Subject: m.Subject, Text: m.Text, HTML: m.HTML, Attachments: []attachmentItem{},
		}
		for _, a := range m.Attachments {
			item.Attachments = append(item.Attachments, attachmentItem{a.Name, a.Type, len(a.Data)})
		}
		list = append(list, item)
	}
	writeJSON(w, http.StatusOK, list)
}

func (s *Sandbox) showFaults(w http.ResponseWriter, _ *http.Request) {
	modes := map[string]string{}
	for _, partner := range partners {
		modes[partner] = s.fault(partner)
	}
	writeJSON(w, http.StatusOK, modes)
}

// switchFault takes JSON from tests and a form from the page.
func (s *Sandbox) switchFault(w http.ResponseWriter, r *http.Request) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	fromPage := kind == "application/x-www-form-urlencoded"
	var to switched
	if fromPage {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		to = switched{Partner: r.PostFormValue("partner"), Mode: r.PostFormValue("mode")}
	} else if !readJSON(w, r, &to) {
		return
	}
	err := s.SetFault(to.Partner, to.Mode)
	switch {
	case errors.Is(err, ErrFault):
		writeJSON(w, http.StatusUnprocessableEntity, problem{"bad_request", []string{"partner", "mode"}})
	case err != nil:
		writeJSON(w, http.StatusInternalServerError, problem{"not_kept", nil})
	case fromPage:
		http.Redirect(w, r, withLang("/", langOf(r)), http.StatusSeeOther)
	default:
		s.showFaults(w, r)
	}
}
