package ui

import (
	"embed"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed dist
var dist embed.FS

// Static answers GET /static/NAME with the files that assets/build made, in
// the best compression that the browser takes. Names carry a hash of the
// content, so browsers are told to keep them for ever.
func Static() http.Handler {
	type file struct {
		kind          string
		plain, br, gz []byte
	}
	files := map[string]file{}
	entries, err := fs.ReadDir(dist, "dist")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	read := func(name string) []byte {
		b, err := dist.ReadFile("dist/" + name)
		if err != nil {
			return nil // this file has no such form
		}
		return b
	}
	for _, e := range entries {
		name := e.Name()
		if ext := path.Ext(name); ext == ".br" || ext == ".gz" {
			continue
		}
		files[name] = file{contentType(name), read(name), read(name + ".br"), read(name + ".gz")}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, ok := files[strings.TrimPrefix(r.URL.Path, "/static/")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", f.kind)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("X-Content-Type-Options", "nosniff")
		body := f.plain
		if f.br != nil {
			h.Set("Vary", "Accept-Encoding")
			switch accepted := r.Header.Get("Accept-Encoding"); {
			case takes(accepted, "br"):
				h.Set("Content-Encoding", "br")
				body = f.br
			case takes(accepted, "gzip"):
				h.Set("Content-Encoding", "gzip")
				body = f.gz
			}
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method != http.MethodHead {
			w.Write(body) // a reader that went away is nobody's failure
		}
	})
}

func contentType(name string) string {
	if path.Ext(name) == ".woff2" { // mime knows it only where the system does
		return "font/woff2"
	}
	return mime.TypeByExtension(path.Ext(name))
}

// takes reports whether a browser that sent this Accept-Encoding takes coding.
func takes(accepted, coding string) bool {
	for part := range strings.SplitSeq(accepted, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if name == coding {
			return strings.ReplaceAll(params, " ", "") != "q=0"
		}
	}
	return false
}
