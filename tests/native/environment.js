// Compiled into the Wasm test program: lets getenv() see Node's environment.
Module['preRun'] = () => Object.assign(ENV, process.env);
