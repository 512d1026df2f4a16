package eform

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Answers are what a person answered, by path: "reason", "fio.last",
// "children.r1.birth". The answer of a group is the keys of its rows in order,
// "r1 r2"; of a file field the keys of its files, each with ".id", ".name",
// ".size" and ".type". Values are canonical, or as typed when they cannot be
// read. "" means that the field was left empty; a missing path, that it was not
// yet asked. The JSON of Answers is an object with its keys in order.
type Answers map[string]string

// ParseAnswers reads what encoding/json wrote of Answers.
func ParseAnswers(data []byte) (Answers, error) {
	a := Answers{}
	if err := json.Unmarshal(data, &a); err != nil {
		return nil, fmt.Errorf("reading answers: %w", err)
	}
	if a == nil {
		a = Answers{}
	}
	return a, nil
}

// JSON returns the answers for storing: the same answers give the same bytes.
func (a Answers) JSON() []byte {
	if a == nil {
		return []byte("{}")
	}
	data, err := json.Marshal(a)
	if err != nil {
		panic("a map of strings is always JSON: " + err.Error())
	}
	return data
}

// Clone returns a copy that can be changed.
func (a Answers) Clone() Answers {
	if a == nil {
		return Answers{}
	}
	return maps.Clone(a)
}

// keys returns the row or file keys that stand at path.
func (a Answers) keys(path string) []string { return strings.Fields(a[path]) }

// rows returns the keys of a group's rows at path. A group that must have rows
// begins with one, r1, before anything is answered.
func (f *field) rows(a Answers, path string) []string {
	if _, ok := a[path]; !ok && f.required == nil {
		return []string{"r1"}
	}
	return a.keys(path)
}

// put writes or, with an empty list, empties the row or file keys at path.
func (a Answers) put(path string, keys []string) { a[path] = strings.Join(keys, " ") }

// drop removes everything under path, and path itself.
func (a Answers) drop(path string) {
	delete(a, path)
	for p := range a {
		if strings.HasPrefix(p, path+".") {
			delete(a, p)
		}
	}
}

// Attachment is a file that was given as an answer. The bytes are kept
// elsewhere, under ID.
type Attachment struct {
	Key  string // its place in the answers
	ID   string
	Name string // as the person's device called it
	Type string // ending without a dot, lower case
	Size int64  // bytes
}

// Files returns the files given at path.
func (a Answers) Files(path string) (files []Attachment) {
	for _, key := range a.keys(path) {
		at := path + "." + key + "."
		size, _ := strconv.ParseInt(a[at+"size"], 10, 64) // written by Attach
		files = append(files, Attachment{key, a[at+"id"], a[at+"name"], a[at+"type"], size})
	}
	return files
}

// Attach adds a file to the answer at path.
func (a Answers) Attach(path string, f Attachment) {
	at := path + "." + f.Key + "."
	a[at+"id"], a[at+"name"], a[at+"type"], a[at+"size"] = f.ID, f.Name, f.Type, strconv.FormatInt(f.Size, 10)
	if keys := a.keys(path); !slices.Contains(keys, f.Key) {
		a.put(path, append(keys, f.Key))
	}
}

// Detach removes a file from the answer at path.
func (a Answers) Detach(path, key string) {
	a.put(path, slices.DeleteFunc(a.keys(path), func(k string) bool { return k == key }))
	a.drop(path + "." + key)
}

// Facts are what the portal knows of the person already, by source and part:
// "person.snils", "person.fio.last". Values are canonical.
type Facts map[string]string

// Env is what answers are judged by besides themselves.
type Env struct {
	Today time.Time // the person's day; its time of day is of no account
	Facts Facts
}
