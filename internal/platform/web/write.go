package web

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/a-h/templ"
	"github.com/klauspost/compress/gzip"
)

// Pages are compressed at a level that costs a fraction of drawing them.
const gzipLevel = 2

// keepBuffer is the largest buffer that is kept for the next page, in bytes.
const keepBuffer = 512 << 10

var (
	buffers = sync.Pool{New: func() any { return bytes.NewBuffer(make([]byte, 0, 64<<10)) }}
	gzips   = sync.Pool{New: func() any { w, _ := gzip.NewWriterLevel(nil, gzipLevel); return w }}
)

// Write draws page in memory and sends it with the status. Nothing is sent when
// drawing fails.
func Write(w http.ResponseWriter, r *http.Request, status int, page templ.Component) error {
	v := VisitOf(r.Context())
	if v.Account != "" && v.Who == nil && v.router != nil && v.router.cfg.Who != nil {
		who, err := v.router.cfg.Who(r.Context(), v.Account)
		if err != nil {
			return fmt.Errorf("reading who is signed in: %w", err)
		}
		v.Who = who
	}
	buf := buffers.Get().(*bytes.Buffer)
	defer release(buf)
	if err := page.Render(r.Context(), buf); err != nil {
		return fmt.Errorf("drawing page: %w", err)
	}
	if v.fresh {
		http.SetCookie(w, v.router.cookie(anonymousCookie, v.anonymous, 0))
	}
	h := w.Header()
	h["Content-Type"] = htmlType
	if v.Account != "" {
		h["Cache-Control"] = noStore
	}
	h.Add("Vary", "Accept-Encoding, Cookie")
	return send(w, r, status, buf)
}

// WriteFragment draws a part of a page for a script of ours.
func WriteFragment(w http.ResponseWriter, r *http.Request, status int, part templ.Component) error {
	buf := buffers.Get().(*bytes.Buffer)
	defer release(buf)
	if err := part.Render(r.Context(), buf); err != nil {
		return fmt.Errorf("drawing fragment: %w", err)
	}
	h := w.Header()
	h["Content-Type"] = htmlType
	h["Cache-Control"] = noStore
	return send(w, r, status, buf)
}

func send(w http.ResponseWriter, r *http.Request, status int, buf *bytes.Buffer) error {
	h := w.Header()
	out := buf
	if buf.Len() > 1024 && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		out = buffers.Get().(*bytes.Buffer)
		defer release(out)
		z := gzips.Get().(*gzip.Writer)
		defer gzips.Put(z)
		z.Reset(out)
		z.Write(buf.Bytes()) // a bytes.Buffer takes everything
		if err := z.Close(); err != nil {
			return fmt.Errorf("compressing page: %w", err)
		}
		h["Content-Encoding"] = gzipEncoding
	}
	h["Content-Length"] = []string{strconv.Itoa(out.Len())}
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return nil
	}
	w.Write(out.Bytes()) // a visitor who went away is no failure
	return nil
}

var gzipEncoding = []string{"gzip"}

func release(buf *bytes.Buffer) {
	if buf.Cap() <= keepBuffer {
		buf.Reset()
		buffers.Put(buf)
	}
}
