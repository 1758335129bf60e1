// Reads the objects of operators (KEDA, CloudNativePG) out of rendered manifests on standard input, strictly: by the operators'
// own types, with an error for a field that they do not have.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	cnpg "github.com/cloudnative-pg/api/pkg/api/v1"
	keda "github.com/kedacore/keda/v2/apis/keda/v1alpha1"
	"gopkg.in/yaml.v3"
	strict "sigs.k8s.io/yaml"
)

func main() {
	decoder := yaml.NewDecoder(os.Stdin)
	read := 0
	for {
		var object map[string]any
		err := decoder.Decode(&object)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		kind := fmt.Sprint(object["apiVersion"], "/", object["kind"])
		var target any
		switch kind {
		case "keda.sh/v1alpha1/ScaledObject":
			target = &keda.ScaledObject{}
		case "postgresql.cnpg.io/v1/Cluster":
			target = &cnpg.Cluster{}
		default:
			continue
		}
		var text bytes.Buffer
		if err := yaml.NewEncoder(&text).Encode(object); err != nil {
			fmt.Fprintln(os.Stderr, kind, err)
			os.Exit(1)
		}
		if err := strict.UnmarshalStrict(text.Bytes(), target); err != nil {
			fmt.Fprintln(os.Stderr, kind, err)
			os.Exit(1)
		}
		fmt.Println(kind, "is well formed")
		read++
	}
	if read == 0 {
		fmt.Fprintln(os.Stderr, "there is no object of an operator on standard input")
		os.Exit(1)
	}
}
