// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {INumberMarket} from "../../../contracts/interfaces/INumberMarket.sol";
import {INumberRecords} from "../../../contracts/interfaces/INumberRecords.sol";
import {INumberRegistrar} from "../../../contracts/interfaces/INumberRegistrar.sol";
import {INumberRegistry} from "../../../contracts/interfaces/INumberRegistry.sol";

/// @title What forge's machine does besides: as much of it as is needed here
interface Vm {
    function addr(uint256 key) external pure returns (address);
    function assume(bool condition) external pure;
    function deal(address account, uint256 balance) external;
    function parseJsonBytes(string calldata json, string calldata key) external pure returns (bytes memory);
    function prank(address sender) external;
    function readFile(string calldata path) external view returns (string memory);
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function warp(uint256 time) external;
}

/// @title The contracts, linked, and a few people with keys
/// @dev The contracts come from the built manifest: what is tried here is what is deployed. This contract is the treasury and, where a test mints by itself, the registrar.
abstract contract Base {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    uint256 internal constant PEOPLE = 4;

    string private _manifest;

    INumberRegistry internal registry;
    INumberRegistrar internal registrar;
    INumberRecords internal records;
    INumberMarket internal market;

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        _manifest = vm.readFile("telsdk/chain/data/manifest.json");
        registry = INumberRegistry(_deploy("NumberRegistry", abi.encode(address(this))));
        registrar = INumberRegistrar(_deploy("NumberRegistrar", abi.encode(registry, address(this))));
        address names = _deploy("NameAlias", abi.encode(registry, address(0)));
        records = INumberRecords(_deploy("NumberRecords", abi.encode(registry)));
        market = INumberMarket(_deploy("NumberMarket", abi.encode(registry)));
        registry.link(_minter(), names, address(records), address(market));
    }

    function _deploy(string memory name, bytes memory arguments) private returns (address deployed) {
        bytes memory code = vm.parseJsonBytes(_manifest, string.concat(".contracts.", name, ".bytecode"));
        code = bytes.concat(code, arguments);
        assembly ("memory-safe") {
            deployed := create(0, add(code, 0x20), mload(code))
        }
        require(deployed != address(0), name);
    }

    /// @dev Who mints: this contract, where a test begins with numbers that are held.
    function _minter() internal virtual returns (address) {
        return address(this);
    }

    function _key(uint256 who) internal pure returns (uint256) {
        return (who % PEOPLE) + 1;
    }

    function _person(uint256 who) internal pure returns (address) {
        return vm.addr(_key(who));
    }

    /// @dev A number of 5 to 15 digits for any seed.
    function _number(uint256 seed) internal pure returns (uint256) {
        return 10_000 + seed % (999_999_999_999_999 - 10_000 + 1);
    }

    function _signature(uint256 key, bytes32 structHash) internal view returns (bytes memory) {
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", registry.DOMAIN_SEPARATOR(), structHash));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }
}
